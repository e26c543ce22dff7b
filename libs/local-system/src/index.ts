/** `@barkeep/local-system`: starts servers, coordinators and workers on this machine and stops them. */
export {
  cacheFolder,
  canFetchPackages,
  connectToServers,
  fetchPackages,
  findRedis,
  inspectPostgres,
  inspectRedis,
  packageFolder,
  pingPostgres,
  pingRedis,
  readRunning,
  redisSource,
  SERVERS,
  type Services,
  type StartOptions,
  startServices,
  unpackedEnvironment,
} from './servers/index.js';
export { type Apps, startApps } from './apps.js';
export { findServers, type FoundServers, runningUp, UP_ROLE } from './find-servers.js';
export { AlreadyRunningError, ServerUnreachableError } from './errors.js';
export { dataFolder, programFile } from './paths.js';
export { INTERRUPTING_SIGNALS, SAME_INTERRUPTION_MS, Scope } from './scope.js';
