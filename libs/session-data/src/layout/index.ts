/** How a session's store is laid out: days, slots, partitions and key names. */
export { byPartition, dayMember, PARTITION_SYMBOLS, partitionKeys, wakeChannel } from './keys.js';
export type { PartitionKeys } from './keys.js';
export { SessionLayout, type SessionDescription, type View } from './layout.js';
export { type Window } from './layout-days.js';
export { EXTENDED_HOURS, isOutsideReason } from './outside-reasons.js';
