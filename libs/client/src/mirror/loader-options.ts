/** The options of a loader, and the time span that it may report as missing. */
import type { DerivedBy } from './symbol-bars.js';

/** A span whose bars may be missing, because the session dropped its days while they were read. */
export interface MissingTime {
  /** Bars that closed after this time, epoch ms, */
  after: number;
  /** and opened before this time, epoch ms. */
  until: number;
}

/** The options of a loader. */
export interface LoaderOptions {
  /** Days that are kept in addition to the day of the clock. @default as many as fit 512 MiB */
  keepDays?: number;
  derivedBy?: DerivedBy;
}
