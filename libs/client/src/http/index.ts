/** The coordinator's HTTP API. */
export { CoordinatorClient, type BarsQuery, type LifecycleCall } from './coordinator-client.js';
export type {
  BarAnswer,
  ConsumerStatus,
  Digest,
  FeedAnswer,
  FeedProblem,
  GapAnswer,
  SessionCounts,
  SessionStatus,
  SlotCounts,
  SymbolMetrics,
} from './answers.js';
export { readBars } from './answers.js';
export {
  readCertificate,
  type Certificate,
  type CertifiedConsumer,
  type CertifiedCounts,
  type CertifiedDay,
} from './certificate-answer.js';
export * from './problems.js';
