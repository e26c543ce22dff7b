/** Who may call a service: keys and their roles, and the check of a service without keys. */
export { ApiKeys, presentedKeys } from './api-keys.js';
export { isLoopbackHost } from './loopback-host.js';
