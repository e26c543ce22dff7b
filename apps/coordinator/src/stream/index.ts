/** Streams sessions and moves their clocks. */
export { StreamProcessor } from './stream-processor.js';
export type { StreamsParts } from './stream-parts.js';
export { WakeSignals } from './wake-signals.js';
