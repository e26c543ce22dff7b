/** What applies to every request (API keys, limits, log, errors), and the pages for browsers: console and queue board. */
export { accessLog, timeRequests } from './access-log.js';
export { authenticate } from './authenticate.js';
export { consolePages, queueBoard, QUEUES_PATH } from './pages.js';
export { ProblemFilter } from './problem-filter.js';
export { deadline, withoutDeadline } from './deadline.js';
export { BODY_BYTES_MAX, jsonBody, refuseOtherBodies } from './json-body.js';
