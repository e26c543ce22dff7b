/** Servers, coordinators and workers as child processes. */
export { programFile } from './program-file.js';
export { startApps, type Apps } from './apps.js';
export { dataFolder } from './data-folder.js';
export { Scope } from './scope.js';
export { findServers, runningUp, startServers, UP_ROLE } from './servers.js';
