/** Streams sessions and moves their clocks. */
export { StreamProcessor } from './stream-processor.js';
export type { SharedStreamParts } from './stream-parts.js';
export { WakeSignals } from './wake-signals.js';
