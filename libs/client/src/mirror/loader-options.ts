/** What a loader is told, and what it tells. */
import type { DerivedBy } from './symbol-bars.js';

/** Bars that may be missing: their day was leaving the session when it was read. */
export interface MissingTime {
  /** Epoch ms: what closed after it. */
  after: number;
  /** Epoch ms: and opened before it. */
  until: number;
}

/** What a loader can be told. */
export interface LoaderOptions {
  /** Days that are kept beside the one in which the clock stands. @default as many as fit 512 MiB */
  keepDays?: number;
  derivedBy?: DerivedBy;
}
