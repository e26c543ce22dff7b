/** Values that many schemas share. */
export * from './values.js';
