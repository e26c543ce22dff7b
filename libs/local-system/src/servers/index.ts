/** Starts private Redis and PostgreSQL servers on this machine. */
export { AlreadyRunningError } from './errors.js';
export { readRunning } from './instance.js';
export { inspectPostgres, inspectRedis, pingPostgres, pingRedis } from './ping.js';
export { findRedis, redisSource } from './redis-program.js';
export { namedServers, startServices, type Services, type StartOptions, wholeOf } from './start-services.js';
export { systemPackages } from './system-packages.js';
