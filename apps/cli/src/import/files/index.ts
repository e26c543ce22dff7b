/** Finds input files, opens their entries and gives their text. */
export { globPattern, type InputFile, inputFiles, isLeanName, LEAN_FILE, symbolFromPath } from './input-files.js';
export { isFileError, UnreadableFileError } from './unreadable.js';
export { type InputEntry, inputEntries } from './input-entries.js';
