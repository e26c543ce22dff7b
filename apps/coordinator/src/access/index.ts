/** What applies to every request (keys, limits, log, errors), and the pages for people. */
export { accessLog, timeRequests } from './access-log.js';
export { authenticate } from './authenticate.js';
export { consolePages, queueBoard, QUEUES_PATH } from './pages.js';
export { ProblemFilter } from './problem-filter.js';
export { BODY_BYTES_MAX, deadline, jsonBody, refuseOtherBodies, withoutDeadline } from './request-limits.js';
