/** The parts that the pages are made of. */
export { Figures, TimeLine, Waiting } from './session-facts.js';
export { SHOWN_STATES, Steering } from './steering.js';
export { ConsumerTable, GapTable, QueuePanel, QueueTable, Table } from './tables.js';
