/** The checks of a session spec that need several fields, or a calendar. Pure. */
import { type Calendar, calendarIds, calendarNamed } from '../calendar/index.js';
import type { SessionRequest } from './schema.js';
import { isDerivable, parseInterval } from '../interval.js';
import { type FieldProblem, type Report, shown } from '../field-problems.js';

/** The name that a session with a feed has in place of its source dataset's name. */
export const FEED = 'feed';

/** No session begins before this date: in a store a time of 0 or less, in epoch ms, is before every bar. */
const FIRST_DATE = '1970-01-01';

/** The largest session that the operator allows. Creating, reading and removing a session within these limits takes only seconds. */
export interface SessionLimits {
  /** Trading days, those of the history included. */
  maxDays: number;
  /** Symbols × trading days. */
  maxSymbolDays: number;
}

/** All problems of a spec whose single fields are valid. @param limits undefined: the size is not checked */
export function crossChecks(spec: SessionRequest, limits: SessionLimits | undefined): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const report: Report = (field, expected, was) => problems.push({ field, expected, was: shown(was) });
  if (spec.symbols !== 'dataset') checkSymbols(spec.symbols, report);
  checkIntervals(spec, report);
  checkHistory(spec, report);
  if (spec.source.type === 'feed') checkFeed(spec, report);
  if (spec.end < spec.start) report('end', `a date not before start, ${spec.start}`, spec.end);
  const calendar = calendarOrProblem(spec, report);
  if (calendar && spec.start <= spec.end) problems.push(...sizeProblems(spec, calendar, limits));
  return problems;
}

function checkSymbols(symbols: readonly string[], report: Report): void {
  const seen = new Set<string>();
  symbols.forEach((symbol, i) => {
    if (seen.has(symbol)) report(`symbols[${i}]`, 'each symbol once', symbol);
    seen.add(symbol);
  });
}

function checkIntervals({ baseInterval, derivedIntervals }: SessionRequest, report: Report): void {
  const base = parseInterval(baseInterval);
  if (base.daily) return report('baseInterval', 'minutes or hours', baseInterval);
  derivedIntervals.forEach((text, i) => {
    if (!isDerivable(parseInterval(text), base)) {
      report(`derivedIntervals[${i}]`, `a whole multiple of ${base.name}`, text);
    }
  });
}

/** Checks the fields of a history against each other and against the rest of the spec. */
function checkHistory(spec: SessionRequest, report: Report): void {
  const { trailingDays, bars, interval, retainDays } = spec.history;
  if (bars === undefined) {
    // The history is a number of days.
    if (interval !== undefined) report('history.interval', 'no such field without history.bars', interval);
    const historyDays = trailingDays ?? 0;
    const retainsAll = retainDays === 0;
    if (!retainsAll && retainDays < historyDays) {
      report('history.retainDays', `0, or at least ${historyDays} trailingDays`, retainDays);
    }
    return;
  }
  // The history is as many days as give each symbol `bars` bars.
  if (trailingDays !== undefined) report('history.trailingDays', 'no such field beside history.bars', trailingDays);
  const stored = storedIntervals(spec);
  const isStored = interval !== undefined && stored.includes(parseInterval(interval).name);
  if (!isStored) report('history.interval', `one that this session stores: ${stored.join(', ')}`, interval);
}

/** The intervals that a session stores: the base, and the derived ones when upkeep computes them. */
function storedIntervals({ baseInterval, derivedIntervals, upkeep }: SessionRequest): string[] {
  const derived = upkeep.enabled && upkeep.autoComputeDerived ? derivedIntervals : [];
  return [baseInterval, ...derived].map((name) => parseInterval(name).name);
}

/** A feed has no bars from before the session and no list of symbols, and its name cannot be that of a dataset. */
function checkFeed({ history, backfill, symbols }: SessionRequest, report: Report): void {
  const { trailingDays = 0, bars } = history;
  if (symbols === 'dataset') report('symbols', 'a list of symbols in a session that is fed', symbols);
  if (trailingDays > 0) report('history.trailingDays', '0 in a session that is fed', trailingDays);
  if (bars !== undefined) report('history.bars', 'no such field in a session that is fed', bars);
  backfill.forEach((name, i) => {
    if (name === FEED) report(`backfill[${i}]`, `another dataset than "${FEED}" in a session that is fed`, name);
  });
}

/** The calendar of a spec; undefined when a problem was reported: it is unknown, or does not cover the spec's hours or dates. */
function calendarOrProblem(spec: SessionRequest, report: Report): Calendar | undefined {
  const ids = calendarIds();
  if (!ids.includes(spec.calendar)) {
    report('calendar', `one of ${ids.join(', ')}`, spec.calendar);
    return undefined;
  }
  const calendar = calendarNamed(spec.calendar);
  if (spec.hours === 'extended' && !calendar.hasExtendedHours) {
    report('hours', `regular (${calendar.id} has no extended hours)`, spec.hours);
    return undefined;
  }
  const expected = `a date from ${calendar.firstDate} to ${calendar.lastDate}, the known range of ${calendar.id}`;
  const outOfRange = (['start', 'end'] as const).filter(
    (field) => spec[field] < calendar.firstDate || spec[field] > calendar.lastDate,
  );
  for (const field of outOfRange) report(field, expected, spec[field]);
  if (outOfRange.length > 0) return undefined;
  if (spec.start >= FIRST_DATE) return calendar;
  report('start', `${FIRST_DATE} or later`, spec.start);
  return undefined;
}

/**
 * Checks that a session has a trading day and is within the limits. The caller does this before it builds a layout, which takes seconds for
 * 130 years. @param historyDays with `history.bars` the caller passes their number when it has found the bars
 */
export function sizeProblems(
  spec: SessionRequest,
  calendar: Calendar,
  limits: SessionLimits | undefined,
  historyDays = spec.history.trailingDays ?? 0,
): FieldProblem[] {
  const { start, end, hours, symbols } = spec;
  const specDays = calendar.countTradingDays(start, end, hours);
  if (specDays === 0) {
    return [{ field: 'start', expected: 'at least one trading day up to end', was: shown(`${start} to ${end}`) }];
  }
  if (!limits) return [];
  const days = specDays + historyDays;
  if (days > limits.maxDays) {
    const expected = `at most ${amount(limits.maxDays)} trading days in a session (BARKEEP_MAX_DAYS)`;
    return [{ field: 'end', expected, was: `${amount(days)} trading days for ${start} to ${end}, history included` }];
  }
  const symbolCount = symbols === 'dataset' ? 0 : symbols.length; // `resolveSymbols` checks again when it knows the symbols
  const symbolDays = symbolCount * days;
  if (symbolDays <= limits.maxSymbolDays) return [];
  const expected = `at most ${amount(limits.maxSymbolDays)} symbols × trading days in a session (BARKEEP_MAX_SYMBOL_DAYS)`;
  const was = `${amount(symbolCount)} symbols × ${amount(days)} trading days = ${amount(symbolDays)}`;
  return [{ field: 'symbols', expected, was }];
}

/** A number with thousands separators: `47,482`. */
function amount(value: number): string {
  return value.toLocaleString('en-US');
}
