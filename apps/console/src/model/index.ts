/** What the pages show, computed without a browser. Pure. */
export * from './candles.js';
export * from './cells.js';
export * from './coverage.js';
export * from './matrix-updates.js';
export * from './progress.js';
export * from './routes.js';
export * from './spec-form.js';
export * from './texts.js';
