/** Whether the servers that a process needs take writes. */
export { probeServers, downServers } from './server-checks.js';
export { probeWrite } from './write-probe.js';
