/** Preact and htm, as one room; the charts, which are loaded later, are in a folder of their own. */
export { default as htm } from './htm.js';
export * from './hooks.js';
export * from './preact.js';
