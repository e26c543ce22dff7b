/** How commands and scripts reach Redis. */
export { bulkOptions, runAndReceive, type StoreReads, storeReads, type Receiver } from './bulk-reads.js';
export { COUNTERS } from './lua-constants.js';
export { LUA } from './lua-texts.js';
export { isError, isRedisOutage } from './outage.js';
export { runPipeline } from './pipeline.js';
export { openRedis } from './open-redis.js';
export { endTimerOnClose } from './socket-timer.js';
export { StoreClock } from './store-clock.js';
export { Script, type ScriptArgument, ScriptReplyError } from './script.js';
export { isScriptUnknown, loadSlotsScript, runWithSlots, slotsCommand } from './slots-read.js';
export { runTransaction } from './transaction.js';
export { type ReadCommand } from './read-command.js';
