/** Starts private Redis and PostgreSQL servers on this machine. */
export { AlreadyRunningError } from './errors.js';
export { inspectPostgres, inspectRedis } from './inspect.js';
export { pingPostgres, pingRedis } from './ping.js';
export { readRunning } from './running.js';
export { findRedis, redisSource } from './redis-program.js';
export { startServices, type Services, type StartOptions } from './start-services.js';
export { systemPackages } from './system-packages.js';
