'use strict';
/**
 * Loaded (node -r) into every app that a program such as `barkeep up` starts. When that program ends or is killed, the IPC
 * channel closes, and the app gets a SIGTERM. Otherwise a killed program would leave coordinators and workers running.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
