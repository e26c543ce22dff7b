/** What happens to every request: keys, limits, log, errors, and the pages for people. */
export { accessLog, timeRequests } from './access-log.js';
export { adminOnly, authenticate } from './authenticate.js';
export { consolePages } from './console-pages.js';
export { ProblemFilter } from './problem-filter.js';
export { queueBoard, QUEUES_PATH } from './queue-board.js';
export { BODY_BYTES_MAX, deadline, jsonBody, withoutDeadline } from './request-limits.js';
