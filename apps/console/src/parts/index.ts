/** The larger elements that several pages use. */
export { Figures, TimeLine, Waiting } from './session-facts.js';
export { SHOWN_STATES, Steering } from './steering.js';
export { ConsumerTable, GapTable, QueuePanel, QueueTable, Table } from './tables.js';
