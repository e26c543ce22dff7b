/** The parts that the pages are made of. */
export { Figures } from './figures.js';
export { QueuePanel, QueueTable } from './queue-panel.js';
export { Steering } from './steering.js';
export { ConsumerTable, GapTable, Table } from './tables.js';
export { TimeLine } from './time-line.js';
export { Waiting } from './waiting.js';
