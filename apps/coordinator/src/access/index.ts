/** What happens to every request: keys, limits, log, errors. */
export { accessLog } from './access-log.js';
export { adminOnly, authenticate } from './authenticate.js';
export { consolePages } from './console-pages.js';
export { deadline, withoutDeadline } from './deadline.js';
export { BODY_BYTES_MAX, jsonBody } from './json-body.js';
export { ProblemFilter } from './problem-filter.js';
