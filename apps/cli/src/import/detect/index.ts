/** Decides how a file is read. */
export { parseColumnsOption } from './columns.js';
export { type FilePlan, planFile, type Understood } from './file-plan.js';
export { leanFile, planLean } from './lean.js';
export { READ_DEFAULTS, type ReadOptions } from './read-options.js';
export { formatsNamed } from './recognise.js';
export { type FileStart, isJson } from './sample.js';
export { exampleOfCloses, spacingText } from './spacing.js';
export { type ChosenVolume } from './volume-choice.js';
