/** Consumers of a session: who follows it, and how far each is. */
export {
  CONSUMER_PATTERN,
  parseConsumerMessage,
  type ConsumerPosition,
  CONSUMERS_MAX,
  type ConsumerView,
  type JoinFrom,
  NOTHING_DELIVERED,
  SessionConsumers,
} from './consumers.js';
