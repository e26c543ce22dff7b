/** What all streams of this process share, and what the loops of one stream use. */
import type { Tracing } from '@barkeep/observe';
import type { SessionConsumers, SessionLayout, SessionWriter, UpkeepStore } from '@barkeep/session-data';
import type { ActiveStreams, StreamMetrics } from '../figures/index.js';
import type { SharedParts } from '../lifecycle/index.js';
import type { PrefetchBudget, SharedWindows } from '../source/index.js';
import type { JoiningSymbols } from './joining-symbols.js';
import type { OutsideCounter } from './outside-counter.js';
import type { RetainedDays } from './retained-days.js';
import type { WakeSignal, WakeSignals } from './wake-signals.js';

export interface SharedStreamParts extends SharedParts {
  /** Names this process; a session's fence is (epoch, owner). */
  owner: string;
  wakes: WakeSignals;
  /** Trading days that may be in the store ahead of the clock. */
  stagedDays: number;
  budget: PrefetchBudget;
  sharedWindows: SharedWindows;
  metrics: StreamMetrics;
  active: ActiveStreams;
  tracing: Tracing;
}

export interface StreamParts extends SharedStreamParts {
  layout: SessionLayout;
  /** The epoch that this process claimed in Postgres. */
  epoch: number;
  writer: SessionWriter;
  store: UpkeepStore;
  joining: JoiningSymbols;
  consumers: SessionConsumers;
  retained: RetainedDays;
  outside: OutsideCounter;
  /** Wakes the clock loop. */
  wake: WakeSignal;
}
