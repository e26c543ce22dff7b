/** Reads Lean's folders of minute files. */
export { leanFile } from './lean-path.js';
export { planLean } from './lean-plan.js';
