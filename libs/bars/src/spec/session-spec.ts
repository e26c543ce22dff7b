/** Parses the session spec that a user sends into one form with every default filled in, or reports all its problems at once. Pure. */
import { calendarNamed } from '../calendar/index.js';
import { isDerivable, parseInterval } from '../interval.js';
import { crossChecks, FEED, type SessionLimits, sizeProblems } from './checks.js';
import { sessionSpecSchema, SYMBOL_PATTERN, SYMBOL_WORDS, SYMBOLS_MAX, UPKEEP_DEFAULTS } from './schema.js';
import type { SessionRequest, SessionSpec, UpkeepDefaults } from './schema.js';
import { type FieldProblem, problemsOf } from '../field-problems.js';

/** Thrown for a session spec that is not valid. */
export class SessionSpecError extends Error {
  override readonly name = 'SessionSpecError';
  constructor(readonly problems: readonly FieldProblem[]) {
    super(problems.map((p) => `${p.field || 'spec'}: expected ${p.expected}, was ${p.was}`).join('; '));
  }
}

/** How many answers without its bar make a slot unfillable. With `onFailure` "continue" failed requests count as such answers. */
export function asksToSettle({ retryMissingBars, maxRetries }: SessionSpec['upkeep']): number {
  return retryMissingBars ? maxRetries : 1;
}

/** The name of a session's source in its list of datasets: the dataset's name, or `feed`. */
export function sourceName(spec: Pick<SessionSpec, 'source'>): string {
  return spec.source.type === 'feed' ? FEED : spec.source.dataset;
}

/**
 * Checks a spec and fills in its defaults. `symbols` may be `dataset`: the caller reads the source's symbols and passes them
 * to {@link resolveSymbols}.
 * @param limits the largest session to accept; undefined: the size is not checked
 * @throws SessionSpecError with every problem
 */
export function parseSessionRequest(
  input: unknown,
  defaults: UpkeepDefaults = UPKEEP_DEFAULTS,
  limits?: SessionLimits,
): SessionRequest {
  const parsed = sessionSpecSchema(defaults).safeParse(input);
  if (!parsed.success) throw new SessionSpecError(problemsOf(parsed.error, input));
  const request = withDerivableDefaults(parsed.data, input);
  const problems = crossChecks(request, limits); // before intervals are sorted, so that a problem names the user's index
  if (problems.length > 0) throw new SessionSpecError(problems);
  return canonical(request);
}

/** Leaves out default intervals that cannot be derived from the base interval. Those that the user named stay, and are checked later. */
function withDerivableDefaults(request: SessionRequest, input: unknown): SessionRequest {
  if ((input as Partial<SessionRequest>).derivedIntervals !== undefined) return request;
  const base = parseInterval(request.baseInterval);
  return {
    ...request,
    derivedIntervals: request.derivedIntervals.filter((name) => isDerivable(parseInterval(name), base)),
  };
}

/** {@link parseSessionRequest} for a spec that lists its symbols, such as a stored one. @throws SessionSpecError */
export function parseSessionSpec(input: unknown): SessionSpec {
  const request = parseSessionRequest(input);
  if (hasSymbols(request)) return request;
  throw new SessionSpecError([{ field: 'symbols', expected: 'a list of symbols', was: '"dataset"' }]);
}

/**
 * Replaces `symbols: "dataset"` by the list of the source's symbols, which the session keeps. Returns any other spec as it is.
 * @param available the symbols of the source. The spec lists them by code units: their order does not depend on how the source was read
 * @throws SessionSpecError when a symbol is invalid, when there are none or too many, or when the session becomes too large
 */
export function resolveSymbols(
  request: SessionRequest,
  available: readonly string[],
  limits?: SessionLimits,
): SessionSpec {
  if (hasSymbols(request)) return request;
  const symbols = [...new Set(available)].sort((a, b) => (a < b ? -1 : 1));
  const invalid = symbols.find((symbol) => !SYMBOL_PATTERN.test(symbol));
  if (invalid !== undefined)
    throw new SessionSpecError([{ field: 'symbols', expected: SYMBOL_WORDS, was: `"${invalid}"` }]);
  if (symbols.length === 0 || symbols.length > SYMBOLS_MAX) {
    const was = `${sourceName(request)} has ${symbols.length} symbols`;
    throw new SessionSpecError([{ field: 'symbols', expected: `a dataset of 1 to ${SYMBOLS_MAX} symbols`, was }]);
  }
  const spec: SessionSpec = { ...request, symbols };
  const problems = crossChecks(spec, limits);
  if (problems.length > 0) throw new SessionSpecError(problems);
  return spec;
}

/** Checks the size of a session whose history has `historyDays` trading days. @throws SessionSpecError when it is too large */
export function checkSize(spec: SessionSpec, historyDays: number, limits: SessionLimits): void {
  const problems = sizeProblems(spec, calendarNamed(spec.calendar), limits, historyDays);
  if (problems.length > 0) throw new SessionSpecError(problems);
}

function hasSymbols(request: SessionRequest): request is SessionSpec {
  return request.symbols !== 'dataset';
}

/** The spec with canonical interval names, and derived intervals once each in ascending order. */
function canonical(spec: SessionRequest): SessionRequest {
  const derived = new Map(spec.derivedIntervals.map((text) => [parseInterval(text).name, parseInterval(text)]));
  return {
    ...spec,
    baseInterval: parseInterval(spec.baseInterval).name,
    derivedIntervals: [...derived.values()].sort((a, b) => a.ms - b.ms).map(({ name }) => name),
    history: canonicalHistory(spec.history),
  };
}

/** The canonical form of a history: canonical interval name; without `bars` and `interval`, `trailingDays` is 0 by default. */
function canonicalHistory(history: SessionRequest['history']): SessionRequest['history'] {
  const { trailingDays = 0, bars, interval, retainDays } = history;
  if (bars === undefined || interval === undefined) return { trailingDays, retainDays };
  return { bars, interval: parseInterval(interval).name, retainDays };
}
