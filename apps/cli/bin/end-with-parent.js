'use strict';
/**
 * Loaded into every app that `barkeep` starts (node -r): when `barkeep` is gone, killed even, its IPC channel closes and
 * the app is asked to end in order. Without it a killed `barkeep up` would leave coordinators and workers behind.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
