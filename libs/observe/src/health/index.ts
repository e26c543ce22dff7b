/** Whether the servers that a process needs take writes. */
export { downServers, probeServers, probeWrite } from './server-checks.js';
