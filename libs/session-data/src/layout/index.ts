/** How a session's store is laid out: days, slots, partitions, key names, and the errors of the store. */
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
export { dayMember, keysFrom, type PartitionKeys, partitionKeys, wakeChannel } from './keys.js';
export { SessionLayout, type View, type Window } from './layout.js';
export { EXTENDED_HOURS, isOutsideReason } from './outside-reasons.js';
export { byPartition, PARTITION_SYMBOLS } from './partitions.js';
