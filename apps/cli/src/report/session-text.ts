/** Formats sessions and their symbols as text. */
import { percentText } from '@barkeep/bars';
import type { BarAnswer, Digest, SessionStatus, SymbolMetrics } from '@barkeep/client';
import { colour, formatCount, table } from '../terminal/index.js';

/** Length of the longest id that leaves room for the counts on 80 columns. */
const ID_MAX = 14;

export function sessionsTable(sessions: readonly SessionStatus[]): string {
  if (sessions.length === 0) return 'no sessions';
  // A long id is not wrapped, because then it could not be copied: the counts are left out instead.
  const hasCounts = sessions.every(({ id }) => id.length <= ID_MAX);
  const rows = sessions.map(({ id, state, progress, clock, symbols, counts }) => {
    const openSlots = counts.absent + counts.missing;
    const numbers = hasCounts ? [symbols.length, counts.expected, counts.filled, openSlots] : [];
    return [id, state, percentText(progress * 100), shortTime(clock), ...numbers];
  });
  const countHeads = hasCounts ? ['symbols', 'expected', 'filled', 'open'] : [];
  return table(['session', 'state', 'progress', 'clock', ...countHeads], rows);
}

export function sessionText(session: SessionStatus): string {
  const { counts } = session;
  const filled = `${formatCount(counts.filled)} of ${formatCount(counts.expected)} filled`;
  const origins = `streamed ${formatCount(counts.streamed)}, backfilled ${formatCount(counts.backfilled)}`;
  const settled = `no-trade ${formatCount(counts.noTrade)}, unfillable ${formatCount(counts.unfillable)}`;
  const open = `absent ${formatCount(counts.absent)}, missing ${formatCount(counts.missing)}`;
  const { outside, extended } = counts;
  const waiting = waitingText(session.waitingFor);
  const consumers = session.consumers.map(({ name, state, time, steps }) => {
    return `consumer   ${name}: ${state} at ${shortTime(time)}, ${formatCount(steps)} steps`;
  });
  return [
    `session    ${session.id}`,
    `state      ${stateText(session.state)}${session.error === null ? '' : `: ${session.error}`}`,
    `progress   ${percentText(session.progress * 100)}`,
    `clock      ${shortTime(session.clock)}`,
    `frontier   ${shortTime(session.frontier)}`,
    `watermark  ${shortTime(session.watermark)}`,
    `symbols    ${formatCount(session.symbols.length)}`,
    `slots      ${filled}: ${origins}`,
    `           ${settled}; ${open}`,
    `refused    ${formatCount(counts.refused)}`,
    ...(outside + extended > 0
      ? [`outside    ${formatCount(outside)}, and ${formatCount(extended)} in extended hours`]
      : []),
    ...consumers,
    ...(waiting === undefined ? [] : [`waits      ${waiting}`]),
    ...session.warnings.map((warning) => `${colour('yellow', 'warning')}    ${warning}`),
  ].join('\n');
}

function stateText(state: SessionStatus['state']): string {
  if (state === 'completed') return colour('green', state);
  return state === 'failed' || state === 'lost' ? colour('red', state) : state;
}

/**
 * What a session waits for, such as `waiting for repository vendor-b: 403 forbidden (since 12 s; next try in 8 s)`.
 * Undefined when the session does not wait. @param now epoch ms
 */
export function waitingText(waitingFor: SessionStatus['waitingFor'], now = Date.now()): string | undefined {
  if (waitingFor === null) return undefined;
  const { kind, since, detail, nextTryAt } = waitingFor;
  const secondsTo = (time: string): number => Math.round((Date.parse(time) - now) / 1000);
  const times = [
    ...(since === null ? [] : [`since ${Math.max(0, -secondsTo(since))} s`]),
    ...(nextTryAt === null ? [] : [`next try in ${Math.max(0, secondsTo(nextTryAt))} s`]),
  ];
  // The coordinator sends details only to a caller with an admin key.
  const text = detail === '' ? `waiting for ${kind}` : detail;
  return times.length === 0 ? text : `${text} (${times.join('; ')})`;
}

const METRICS: readonly [head: string, cell: (metrics: SymbolMetrics) => string | number][] = [
  ['symbol', (metrics) => metrics.symbol],
  ['expected', (metrics) => metrics.expected],
  ['streamed', (metrics) => metrics.streamed],
  ['back-\nfilled', (metrics) => metrics.backfilled],
  ['no-\ntrade', (metrics) => metrics.noTrade],
  ['unfill-\nable', (metrics) => metrics.unfillable],
  ['open', (metrics) => metrics.absent + metrics.missing],
  ['gaps', (metrics) => metrics.gapCount],
  ['quality', (metrics) => qualityText(metrics.barQuality)],
];

export function metricsTable(metrics: readonly SymbolMetrics[]): string {
  const rows = metrics.map((symbol) => METRICS.map(([, cell]) => cell(symbol)));
  const heads = METRICS.map(([head]) => head);
  return table(heads, rows);
}

export const BAR_HEAD = ['open', 'high', 'low', 'close', 'volume', 'origin', 'complete'];

/** The cells of a bar under {@link BAR_HEAD}. */
export function barCells(bar: BarAnswer): string[] {
  const complete = bar.complete ? 'yes' : `${bar.sourceCount} of ${bar.expectedCount}`;
  return [...[bar.open, bar.high, bar.low, bar.close, bar.volume].map(String), bar.origin, complete];
}

/** @param quality in percent, null when no slot is expected */
export function qualityText(quality: number | null): string {
  return quality === null ? '–' : percentText(quality);
}

export function digestText({ digest, bars, chunks }: Digest): string {
  return `digest ${digest} over ${formatCount(bars)} bars in ${formatCount(chunks)} chunks`;
}

/** 2013-10-04T13:30:00.000Z as 2013-10-04 13:30Z; null as a dash. */
export function shortTime(iso: string | null): string {
  return iso === null ? '–' : iso.replace('T', ' ').replace(/(:00)?(\.000)?Z$/, 'Z');
}
