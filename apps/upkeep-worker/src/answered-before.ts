/**
 * Which repositories have answered about a symbol's slots in earlier time slices of a job. Without it a fast repository would be asked
 * again in every slice in which the job waits for a slow one after it.
 */
import { type FillPlan, RECORD_BYTES, type SlotRange } from '@barkeep/bars';
import type { Payload } from '@barkeep/upkeep-queues';
import { createHash } from 'node:crypto';
import type { AskedSymbol, SymbolRequest } from './repository-requests.js';

type AnsweredBefore = Payload<'backfill'>['answered'];

/**
 * How many of the first repositories need not be asked: 0 when the slots are others, or when the day was declared complete after the
 * earlier answers, because a bar may have been stored together with the declaration.
 */
export function answeredBefore(before: AnsweredBefore, request: Omit<SymbolRequest, 'skipped'>): number {
  const earlier = before?.[request.symbol];
  if (earlier === undefined) return 0; // without making a name, which takes 0.1 ms
  return earlier.slots === slotsName(request, []) ? earlier.repositories : 0;
}

/** For each symbol that a repository was not asked for: how many repositories before it have answered, and the slots that stay empty. */
export function answeredNow(planned: readonly { answer: AskedSymbol; plan: FillPlan }[]): AnsweredBefore {
  const entries = planned.flatMap(({ answer, plan }) => {
    const { request, refused, failure, unaskedFrom: repositories = 0 } = answer;
    // After a failure or a refused bar the next slice asks all of them again: its own answers make the text of `lastError`.
    if (repositories === 0 || failure || refused.length > 0) return [];
    return [[request.symbol, { repositories, slots: slotsName(request, plan.runs) }] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** A short name of the requested slots that stay empty: equal for the same slots. @param runs the runs that the answers fill */
function slotsName({ asked, isDeclared }: Omit<SymbolRequest, 'skipped'>, runs: FillPlan['runs']): string {
  const filled = runs.map(({ start, records }) => ({ start, end: start + records.length / RECORD_BYTES }));
  const isFilled = new Set(filled.flatMap(slotsOf));
  const empty = asked.flatMap(slotsOf).filter((slot) => !isFilled.has(slot));
  return createHash('sha256').update(`${isDeclared} ${empty.join()}`).digest('hex').slice(0, 16);
}

function slotsOf({ start, end }: SlotRange): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
