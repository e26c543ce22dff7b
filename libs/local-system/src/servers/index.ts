/** Starts private Redis and PostgreSQL servers on this machine. */
export { readRunning } from './instance.js';
export { inspectPostgres, inspectRedis, pingPostgres, pingRedis } from './ping.js';
export { connectToServers, SERVERS } from './reachable.js';
export { findRedis, redisSource } from './redis-program.js';
export { allUrls, serversNotToStart, startServices, type Services, type StartOptions } from './start-services.js';
export { systemPackages } from './system-packages.js';
