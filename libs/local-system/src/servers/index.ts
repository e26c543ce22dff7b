/** Starts private Redis and PostgreSQL servers on this machine. */
export { cacheFolder } from './folders.js';
export { readRunning } from './instance.js';
export { inspectPostgres, inspectRedis, pingPostgres, pingRedis } from './ping.js';
export { connectToServers, SERVERS } from './reachable.js';
export { findRedis, redisSource } from './redis-program.js';
export { allUrls, serversNotToStart, startServices, type Services, type StartOptions } from './start-services.js';
export { canFetchPackages, fetchPackages, packageFolder, unpackedEnvironment } from './system-packages.js';
