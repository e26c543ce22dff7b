/** Finds the input files of an import, opens their entries (the file itself, or the files in a zip), and reads their text. */
export { isLeanName, LEAN_FILE_NAME } from './file-names.js';
export { symbolReader } from './globs.js';
export { type InputFile, inputFiles } from './input-files.js';
export { isFileError, UnreadableFileError } from './unreadable.js';
export { type InputEntry, inputEntries } from './input-entries.js';
export { firstBytes } from './unpack.js';
