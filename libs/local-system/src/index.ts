/** `@barkeep/local-system`: starts servers, coordinators and workers on this machine and stops them. */
export * from './servers/index.js';
export { type Apps, startApps } from './apps.js';
export { lowDiskText } from './disk-space.js';
export { AlreadyRunningError, ServerUnreachableError } from './errors.js';
export { dataFolder, programFile } from './paths.js';
export { INTERRUPTING_SIGNALS, SAME_INTERRUPTION_MS, Scope } from './scope.js';
