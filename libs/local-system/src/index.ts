/** `@barkeep/local-system`: servers, coordinators and workers on this machine, for as long as a program needs them. */
export {
  AlreadyRunningError,
  findPython,
  pingPostgres,
  pingRedis,
  pingServices,
  type PythonProgram,
  readRunning,
  type Services,
  type StartOptions,
  startServices,
} from './servers/index.js';
export {
  type Apps,
  dataFolder,
  findServers,
  runningUp,
  Scope,
  startApps,
  startServers,
  UP_ROLE,
} from './apps/index.js';
