/** The log of a process. */
export { createLogger, loggerTo } from './create-logger.js';
