'use strict';
/**
 * Loaded into every app that a program starts here (node -r): when the program is gone, killed even, its IPC channel closes
 * and the app is asked to end in order. Without it a killed `barkeep up` would leave coordinators and workers behind.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
