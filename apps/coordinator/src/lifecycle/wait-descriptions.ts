/** Describes waits in words, for operators. Pure. */
import { isoTime, type WaitingFor } from '@barkeep/api';
import type { ConsumerView, RepositoryFailure, SessionLayout } from '@barkeep/session-data';

/** Most names in one answer. */
const NAMES_MAX = 20;

/** A described wait. By default, `since` is the start of the stream's wait, and `nextTryAt` is null. */
export type DescribedWait = Pick<WaitingFor, 'kind' | 'what' | 'detail'> & Partial<WaitingFor>;

/**
 * Counts the consumers that joined while the session still waits for the expected number of them; after that names the slowest.
 * @returns undefined when no consumer holds the clock any more: the stream notices that within a second
 */
export function consumersWait(
  { spec: { pace }, historyEnd }: SessionLayout,
  clock: number,
  consumers: readonly ConsumerView[],
): DescribedWait | undefined {
  const holding = consumers.filter(({ state }) => state === 'active' || state === 'silent');
  const expected = pace.mode === 'lockstep' ? pace.consumers : 0;
  // The clock leaves the history when the expected consumers have joined. After that, a lower number means that one was removed.
  if (clock <= historyEnd && consumers.length < expected) {
    const detail = `waiting for consumers: ${consumers.length} of ${expected} have joined`;
    return { kind: 'consumers', what: firstOf(holding.map(({ name }) => name)), detail };
  }
  if (holding.length === 0) return undefined;
  const slowest = Math.min(...holding.map(({ time }) => time));
  const names = holding.filter(({ time }) => time === slowest).map(({ name }) => name);
  const detail = `waiting for consumer ${listed(names)}, the slowest, at ${isoTime(slowest)}`;
  return { kind: 'consumers', what: firstOf(names), detail };
}

/** @param symbols those whose streams are the slowest */
export function feedWait(symbols: readonly string[]): DescribedWait {
  const detail = `waiting for fed bars of ${counted(symbols.length, 'symbol')}: ${listed(symbols)}`;
  return { kind: 'feed', what: firstOf(symbols), detail };
}

/** @param until epoch ms at which the next bar is due */
export function paceWait(until: number | null): DescribedWait {
  const nextTryAt = until === null ? null : isoTime(until);
  return { kind: 'pace', what: [], detail: `the next bar is due at ${nextTryAt}`, nextTryAt };
}

/** @param joining the symbols that are not complete @param problem what keeps upkeep from completing them */
export function symbolsWait(joining: readonly string[], problem: DescribedWait | undefined): DescribedWait {
  const joined = `waiting for ${counted(joining.length, 'symbol')} that joined: ${listed(joining)}`;
  const detail = problem ? `${joined}; ${problem.detail}` : joined;
  return { kind: 'symbols', what: firstOf(joining), detail, nextTryAt: problem?.nextTryAt ?? null };
}

/** Names the error of every repository: the first one alone would hide the others. @param failing at least one */
export function repositoriesWait(failing: readonly RepositoryFailure[]): DescribedWait {
  const texts = failing.map(({ repository, error }) => `${repository}: ${error}`);
  return {
    kind: 'repository',
    what: failing.map(({ repository }) => repository),
    since: isoTime(Math.min(...failing.map(({ since }) => since))),
    detail: `waiting for ${failing.length === 1 ? 'repository' : 'repositories'} ${texts.join('; ')}`,
    nextTryAt: isoTime(Math.min(...failing.map(({ nextTryAt }) => nextTryAt))),
  };
}

/** A number with its noun, such as `2 symbols`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function firstOf(names: readonly string[]): string[] {
  return names.slice(0, NAMES_MAX);
}

/** The names, or the first ones and `…` if there are many. */
function listed(names: readonly string[]): string {
  return names.length <= NAMES_MAX ? names.join(', ') : `${firstOf(names).join(', ')} …`;
}
