/** The parts that the pages are made of. */
export { Choice } from './choice.js';
export { QueuePanel, QueueTable } from './queue-panel.js';
export { Figures, TimeLine, Waiting } from './session-facts.js';
export { SHOWN_STATES, Steering } from './steering.js';
export { ConsumerTable, GapTable, Table } from './tables.js';
