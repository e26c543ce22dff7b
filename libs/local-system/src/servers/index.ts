/** Private Redis and PostgreSQL servers, for a machine that has none of its own to offer. */
export {
  AlreadyRunningError,
  DataFolderError,
  PythonMissingError,
  ServerMissingError,
  ServerStartError,
  ServiceUnreachableError,
} from './errors.js';
export { pingPostgres, pingRedis, pingServices } from './ping.js';
export { findPython, type PythonProgram } from './python-program.js';
export { readRunning, type RunningServices } from './running.js';
export { startServices, type Services, type StartOptions } from './start-services.js';
