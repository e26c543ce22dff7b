/** Finds Redis and PostgreSQL servers, and starts private ones on this machine. */
export { findServers, type FoundServers, runningUp, UP_ROLE } from './find-servers.js';
export { cacheFolder, makeMissingFolder } from './folders.js';
export { readRunning } from './instance.js';
export { inspectPostgres, inspectRedis, pingPostgres, pingRedis } from './ping.js';
export { expectReachable, SERVERS } from './reachable.js';
export { findRedis, redisSource } from './redis-program.js';
export { startServices, type Services, type StartOptions } from './start-services.js';
export { freePort } from './server-process.js';
export { canFetchPackages, fetchPackages, packageFolder, unpackedEnvironment } from './system-packages.js';
