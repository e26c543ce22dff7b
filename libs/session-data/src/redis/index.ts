/** How commands and scripts reach Redis. */
export { bulkOptions, runAndReceive, type StoreReads, storeReads, type Receiver } from './bulk-reads.js';
export { COUNTERS } from './lua-constants.js';
export { type ReadCommand, runCommands } from './pipeline.js';
export { endTimerOnClose, openRedis } from './open-redis.js';
export { storeClock } from './store-clock.js';
export { isScriptUnknown, type Script, type ScriptArgument, ScriptReplyError, SCRIPTS } from './script.js';
export { loadSlotsScript, runWithSlots, slotsCommand } from './slots-read.js';
export { runTransaction } from './transaction.js';
