/** The coordinator's HTTP API. */
export { CoordinatorClient, type BarsQuery, type ExportSelection, type LifecycleCall } from './coordinator-client.js';
export {
  type BarAnswer,
  type Certificate,
  type CertifiedConsumer,
  type CertifiedCounts,
  type CertifiedDay,
  type ConsumerStatus,
  type Digest,
  type FeedAnswer,
  type FeedProblem,
  type GapAnswer,
  readBars,
  readCertificate,
  type SessionCounts,
  type SessionStatus,
  type SlotCounts,
  type SymbolMetrics,
} from './answers.js';
export * from './problems.js';
