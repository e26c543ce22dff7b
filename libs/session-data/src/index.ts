export * from './consumers/index.js';
export {
  type ClockEvent,
  type ClockPlace,
  countFields,
  type CursoredEvent,
  decodeCursor,
  encodeCursor,
  EVENT_TIME_FIELDS,
  type EventBatch,
  type EventCursor,
  eventNumber,
  EVENTS_BEGINNING,
  type EventSource,
  isEventType,
  parseEvent,
  placesFrom,
  SESSION_EVENT_TYPES,
  type SessionEvent,
  SessionEvents,
  type SessionEventType,
  emitState,
} from './events/index.js';
export * from './feed/index.js';
export * from './layout/index.js';
export * from './outage/index.js';
export * from './reading/index.js';
export {
  endTimerOnClose,
  openRedis,
  isScriptUnknown,
  loadSlotsScript,
  bulkOptions,
  slotsCommand,
  storeClock,
  type StoreReads,
  storeReads,
  type Receiver,
  type ReadCommand,
} from './redis/index.js';
export {
  type ClaimedPosition,
  type Control,
  type Fence,
  isBehind,
  noFigures,
  noteHistory,
  noteOutside,
  type OutsideDay,
  outsideTo,
  type PartitionWindow,
  readHistory,
  readStreamFigures,
  removeLeftover,
  removeSession,
  retireBefore,
  ReturnedKeys,
  SessionWriter,
  readControl,
  setControl,
  type StreamFigures,
  type StreamWait,
} from './stream/index.js';
export * from './limits/index.js';
export * from './symbols/index.js';
export * from './upkeep/index.js';
