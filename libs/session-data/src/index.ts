/** The store of a session in Redis: its layout, and all that reads and writes it. */
export * from './consumers/index.js';
export * from './events/index.js';
export * from './errors.js';
export * from './feed/index.js';
export { partitionKeys, wakeChannel, SessionLayout, isOutsideReason, byPartition } from './layout/index.js';
export type { SessionDescription, View, Window } from './layout/index.js';
export { isBrokenStore, isOutage, isRedisOutage, isRedisRefusal } from './outage.js';
export * from './reading/index.js';
export { bulkOptions, endTimerOnClose, isScriptUnknown, loadSlotsScript, openRedis } from './redis/index.js';
export { slotsCommand, storeClock, storeReads } from './redis/index.js';
export type { ReadCommand, Receiver, StoreReads } from './redis/index.js';
export * from './stream/index.js';
export * from './limits/index.js';
export { hasAllPartitions, symbolsKey, readSymbols, withMembership } from './symbols/index.js';
export { updateSymbols, showJoined } from './symbols/index.js';
export * from './upkeep/index.js';
