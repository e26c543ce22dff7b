/** Connections to Redis, commands, scripts and transactions. */
export { bulkOptions, runAndReceive, type StoreReads, storeReads, type Receiver } from './bulk-reads.js';
export {
  isScriptUnknown,
  loadSlotsScript,
  type ReadCommand,
  runCommands,
  runWithSlots,
  type Script,
  type ScriptArgument,
  ScriptReplyError,
  SCRIPTS,
  slotsCommand,
} from './commands.js';
export { endTimerOnClose, openRedis, storeClock } from './connection.js';
export { COUNTERS } from './lua-constants.js';
export { KEYS_A_SCAN, scanKeys, scanPattern } from './scan.js';
export { runTransaction } from './transaction.js';
