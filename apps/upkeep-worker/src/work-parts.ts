/** What the work of every queue uses. */
import type { Tracing } from '@barkeep/observe';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';
import type { UpkeepFigures } from './upkeep-figures.js';
import type { UpkeepSessions } from './upkeep-sessions.js';

export interface WorkParts {
  sessions: UpkeepSessions;
  producer: UpkeepProducer;
  figures: UpkeepFigures;
  tracing: Pick<Tracing, 'span'>;
  /** Epoch ms, by the clock of the store. */
  now: () => number;
}
