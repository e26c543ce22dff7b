/** How a session's store is laid out: days, slots, partitions, key names, and the errors of the store. */
export { byPartition } from './by-partition.js';
export { hashChunk, intervalsByName } from './chunk-order.js';
export {
  ConsumerAheadError,
  ConsumerCountError,
  ConsumerNameError,
  ConsumerReplacedError,
  ConsumersChangedError,
  FeedSetBackError,
  FedSymbolsError,
  FeedNotBegunError,
  FencedError,
  NotAFeedError,
  RewindError,
  SessionCalendarError,
  SessionLostError,
  SymbolsChangedError,
  UnknownConsumerError,
  UnknownDateError,
  UnknownIntervalError,
  UnknownSymbolError,
} from './errors.js';
export { dayMember, type PartitionKeys, partitionKeys, wakeChannel } from './keys.js';
export type { View } from './view.js';
export { PARTITION_SYMBOLS, SessionLayout, type Window } from './layout.js';
export { EXTENDED_HOURS, isOutsideReason } from './outside-reasons.js';
