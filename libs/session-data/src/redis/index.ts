/** Connections to Redis, commands, scripts and transactions. */
export { bulkOptions, runAndReceive, type StoreReads, storeReads, type Receiver } from './bulk-reads.js';
export { type ReadCommand, runCommands, runGroups } from './commands.js';
export { type Script, type ScriptArgument, ScriptReplyError, SCRIPTS } from './commands.js';
export { isScriptUnknown, loadSlotsScript, slotsCommand } from './commands.js';
export { endTimerOnClose, openRedis, storeClock } from './connection.js';
export { COUNTERS } from './lua-constants.js';
export { KEYS_A_SCAN, scanKeys, scanPattern } from './scan.js';
export { runTransaction } from './transaction.js';
