/** The HTTP server of a worker, for operators. */
export { METRICS_FOR_ADMINS, startOperatorServer } from './operator-server.js';
