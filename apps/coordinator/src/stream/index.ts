/** Streams sessions and moves their clocks. */
export { StreamRunner } from './stream-runner.js';
export { StreamProcessor } from './stream-processor.js';
export { WakeSignals } from './wake-signals.js';
