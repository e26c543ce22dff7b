/** What happens to every request: keys, limits, log, errors. */
export { accessLog } from './access-log.js';
export { adminOnly, authenticate } from './authenticate.js';
export { consolePages } from './console-pages.js';
export { ProblemFilter } from './problem-filter.js';
export { BODY_BYTES_MAX, deadline, jsonBody, withoutDeadline } from './request-limits.js';
