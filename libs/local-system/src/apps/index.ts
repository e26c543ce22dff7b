/** Servers, coordinators and workers as child processes. */
export { programFile } from './program-file.js';
export { AppProcess, type AppSpec } from './app-process.js';
export { startApps, type Apps, type AppsWanted } from './apps.js';
export { dataFolder, projectFolder } from './data-folder.js';
export { AppMissingError, AppStartError, TurnError } from './errors.js';
export { Scope } from './scope.js';
export { findServers, runningUp, startServers, UP_ROLE, type NamedServers, type ServersWanted } from './servers.js';
