/** What the loops of one stream work with. */
import type { SessionRepository } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import type { SessionLayout, SessionWriter, UpkeepStore } from '@barkeep/session-data';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';
import type { DataSource } from 'typeorm';
import type { StreamMetrics } from '../figures/index.js';
import type { PrefetchBudget } from '../source/index.js';
import type { JoiningSymbols } from './joining-symbols.js';
import type { LockstepLimit } from './lockstep-limit.js';
import type { TrailingWindow } from './trailing-window.js';
import type { WakeSignal } from './wake-signals.js';

export interface StreamParts {
  layout: SessionLayout;
  epoch: number;
  writer: SessionWriter;
  trailing: TrailingWindow;
  store: UpkeepStore;
  joining: JoiningSymbols;
  lockstep: LockstepLimit;
  wake: WakeSignal;
  sessions: SessionRepository<SessionSpec>;
  producer: UpkeepProducer;
  dataSource: DataSource;
  /** Trading days that may be in the store ahead of the clock. */
  stagedDays: number;
  budget: PrefetchBudget;
  metrics: StreamMetrics;
  warn: (message: string, error: unknown) => void;
}
