/** Whether the servers that a process needs take writes. */
export { probeServers, downServers, type ServerStates } from './server-checks.js';
export { probeWrite } from './write-probe.js';
