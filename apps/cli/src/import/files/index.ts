/** Finds input files, opens their entries and gives their text. */
export { isLeanName, LEAN_FILE } from './data-names.js';
export { isFileError, UnreadableFileError } from './errors.js';
export { globPattern, symbolFromPath } from './glob.js';
export { type InputEntry, inputEntries } from './input-entries.js';
export { type InputFile, inputFiles } from './input-files.js';
