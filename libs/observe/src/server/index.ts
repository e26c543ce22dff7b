/** The HTTP server of a worker, for operators. */
export { METRICS_FOR_ADMINS, type OperatorServer, startOperatorServer } from './operator-server.js';
