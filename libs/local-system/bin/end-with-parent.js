'use strict';
/**
 * Loaded into every app that a program starts (node -r). When that program ends or is killed, the IPC channel closes and the
 * app gets a SIGTERM. Without it a killed `barkeep up` would leave coordinators and workers running.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
