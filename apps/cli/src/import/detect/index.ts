/** Decides how a file is read. */
export { exampleOfCloses } from './closes.js';
export { type FilePlan, planFile, type Understood } from './file-plan.js';
export { parseColumnsOption } from './header-columns.js';
export { leanFile, planLean } from './lean.js';
export { READ_DEFAULTS, type ReadOptions } from './read-options.js';
export { formatsNamed } from './recognise.js';
export { type FileStart, isJson } from './sample.js';
export { spacingText } from './spacing.js';
export { type ChosenVolume } from './volume-choice.js';
