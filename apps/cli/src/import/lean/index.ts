/** Reads Lean's folders of minute files. */
export { leanFile, LeanPathError, type LeanOptions } from './lean-path.js';
export { planLean } from './lean-plan.js';
