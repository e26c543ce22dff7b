/**
 * Rows that have no slot, as a session and its symbols show them: rows of the source by local date, and bars that were fed. A strategy
 * sees a date when the clock has passed its local midnight, and all when the session is at its end.
 */
import type { Redis } from 'ioredis';
import { isOutsideReason, type SessionLayout, type View } from '../layout/index.js';
import { readOutside, type OutsideDay } from '../stream/index.js';
import { outsideOf, refusedIn } from './refusals.js';

export interface OutsideCounts {
  /** Rows without a slot, in hours that the calendar does not know. */
  outside: number;
  /** Rows in hours that the calendar knows as extended, and the session does not have. */
  extended: number;
}

export interface OutsideRows extends OutsideCounts {
  /** Dates of the source that have such rows, by date and symbol. */
  days: OutsideDay[];
}

/** @param symbols those that are counted @param date the only date that is counted; fed bars, which are not counted by date, are left out then */
export async function readOutsideRows(
  redis: Redis,
  layout: SessionLayout,
  symbols: ReadonlySet<string>,
  { view, clock }: { view: View; clock: number },
  date?: string,
): Promise<OutsideRows> {
  const until = view === 'operator' || clock >= layout.end ? Infinity : clock;
  const all = layout.spec.source.type === 'feed' ? [] : await readOutside(redis, layout);
  const days = all.filter(
    (day) => symbols.has(day.symbol) && day.until <= until && (date === undefined || day.date === date),
  );
  const counts = { outside: 0, extended: 0 };
  for (const { outside, extended } of days) add(counts, { outside, extended });
  if (date !== undefined) return { ...counts, days };
  const partitions = new Set([...symbols].flatMap((symbol) => layout.partitionOf(symbol) ?? []));
  const refusals = [...partitions].map((partition) => refusedIn(redis, layout.keysOf(partition), until));
  for (const refused of await Promise.all(refusals)) {
    for (const [field, count] of Object.entries(refused)) {
      const [symbol = '', reason = ''] = field.split(' ');
      if (symbols.has(symbol) && isOutsideReason(reason)) add(counts, outsideOf(reason, Number(count)));
    }
  }
  return { ...counts, days };
}

function add(to: OutsideCounts, { outside, extended }: OutsideCounts): void {
  to.outside += outside;
  to.extended += extended;
}
