/** `@barkeep/local-system`: starts servers, coordinators and workers on this machine and stops them. */
export {
  AlreadyRunningError,
  findRedis,
  inspectPostgres,
  inspectRedis,
  pingPostgres,
  pingRedis,
  readRunning,
  redisSource,
  type Services,
  type StartOptions,
  startServices,
  systemPackages,
} from './servers/index.js';
export {
  type Apps,
  dataFolder,
  findServers,
  programFile,
  runningUp,
  Scope,
  startApps,
  startServers,
  UP_ROLE,
} from './apps/index.js';
