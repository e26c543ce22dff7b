/**
 * Reads a session in every way, and checks that nothing that was read is from after its time:
 *
 * - a step and its mirror: the time of the step;
 * - a separate mirror: its clock;
 * - a reader and the HTTP API, called reads from outside: the session's clock after the read, because it may move during the read.
 *
 * The session streams the canary market (canary.ts): there a bar with data from after its close has wrong values, and the `look…` methods
 * of {@link Canary} throw when they get such a bar.
 */
import type { BarMirror, Mirror, Step } from '@barkeep/client';
import type { OpenSession } from '@barkeep/session-data';
import type { Api, ApiBar } from '../system/api.js';
import { type Canary, CANARY_CLOSE_TIMES, CANARY_MINUTES, minutesBy } from './canary.js';

export const CANARY_SYMBOLS = ['AAA', 'BBB'];
export const DERIVED_INTERVALS = ['5m', '1h', '1d'];
const INTERVALS = ['1m', ...DERIVED_INTERVALS];

/** Reads a mirror in every way. @param limit the time after which it must show nothing @param where names it in errors */
function lookAtMirror(canary: Canary, mirror: BarMirror, limit: number, where: string): void {
  const closed = minutesBy(limit);
  for (const symbol of CANARY_SYMBOLS) {
    for (const interval of INTERVALS) {
      const at = `${where} ${symbol} ${interval}`;
      canary.look(mirror.latestBar(symbol, interval), limit, at);
      canary.lookAll(mirror.lastBars(symbol, 3, interval), limit, at);
      canary.lookCloses(mirror.closes(symbol, 3, interval), limit, at);
      if (mirror.barCount(symbol, interval) > closed) throw new Error(`${at}: too many bars`);
    }
    if (mirror.barQuality(symbol) > 100) throw new Error(`${where} ${symbol}: a quality above 100 %`);
  }
}

export function lookAtStep(canary: Canary, step: Step): void {
  const where = `step ${new Date(step.time).toISOString()}`;
  canary.lookAll(step.bars.values(), step.time, where);
  for (const bars of step.derived.values()) canary.lookAll(bars.values(), step.time, where);
  for (const symbol of CANARY_SYMBOLS) {
    for (const interval of INTERVALS) canary.lookAll(step.barsOf(symbol, interval), step.time, where);
  }
  if (step.mirror.clock !== step.time) throw new Error(`${where}: the mirror is at ${step.mirror.clock}`);
  lookAtMirror(canary, step.mirror, step.time, `mirror of ${where}`);
}

/** A running session, and what reads it from outside. */
export interface CanarySession {
  id: string;
  api: Api;
  reader: OpenSession;
}

/** What one read from outside requests. A read that has no use for a field ignores it. */
interface ReadRequest extends CanarySession {
  symbol: string;
  /** The URL path of the symbol. */
  path: string;
  interval: string;
  /** Where a range begins, epoch ms. */
  from: number;
}
/** Checks what was read against the session's clock after the read. */
type ReadCheck = (canary: Canary, clock: number) => void;
/** Reads once, and returns the check of what it read. */
type ReadFromOutside = (request: ReadRequest) => Promise<ReadCheck>;

/** The same or a similar question to the API and to the reader. Both are read at the same time. */
interface ReadPair {
  api: ReadFromOutside;
  reader: ReadFromOutside;
}

const LATEST: ReadPair = {
  async api({ api, path, interval }) {
    const { status, body } = await api.call<ApiBar>('GET', `${path}/bars/latest?interval=${interval}`);
    if (status !== 200 && status !== 404) throw new Error(`latest: ${status} ${JSON.stringify(body)}`);
    const bars = status === 200 ? [body] : [];
    return (canary, clock) => canary.lookApi(bars, clock, `API latest ${interval}`);
  },
  async reader({ reader, symbol, interval }) {
    const [latest, last] = await Promise.all([
      reader.latestBar(symbol, interval),
      reader.lastBars(symbol, interval, 5),
    ]);
    return (canary, clock) => {
      canary.look(latest, clock, `reader's latest ${interval}`);
      canary.lookAll(last, clock, `reader's last ${interval}`);
    };
  },
};

const LATEST_OF_MANY: ReadPair = {
  async api({ api, id }) {
    const latest = `/v1/sessions/${id}/latest?symbols=${CANARY_SYMBOLS.join()}`;
    const bySymbol = await api.ok<Record<string, ApiBar | null>>('GET', latest);
    const bars = Object.values(bySymbol).filter((bar) => bar !== null);
    return (canary, clock) => canary.lookApi(bars, clock, 'API latest of many');
  },
  async reader({ reader, interval }) {
    const bars = await reader.latestBars(CANARY_SYMBOLS, interval);
    return (canary, clock) => canary.lookAll(bars.values(), clock, `reader's latest of many ${interval}`);
  },
};

const LAST_AND_COUNT: ReadPair = {
  async api({ api, id, symbol, interval }) {
    const bars = await api.bars(id, symbol, `interval=${interval}&last=4`);
    return (canary, clock) => canary.lookApi(bars, clock, `API last ${interval}`);
  },
  async reader({ reader, symbol, interval }) {
    const count = await reader.barCount(symbol, interval);
    return (canary, clock) => canary.lookCount(count, clock, `reader's count ${interval}`);
  },
};

const RANGE: ReadPair = {
  async api({ api, id, reader, symbol, interval, from }) {
    const bars = await api.bars(id, symbol, `interval=${interval}&from=${from}&to=${reader.layout.end}`);
    return (canary, clock) => canary.lookApi(bars, clock, `API range ${interval}`);
  },
  async reader({ reader, symbol, interval, from }) {
    const bars = await reader.barsBetween(symbol, interval, from, reader.layout.end);
    return (canary, clock) => canary.lookAll(bars, clock, `reader's range ${interval}`);
  },
};

const METRICS: ReadPair = {
  async api({ api, id, symbol }) {
    const { runHigh: high, runLow: low, runVolume: volume } = await api.metrics(id, symbol);
    return (canary, clock) => canary.lookTotal({ high, low, volume }, clock, 'API metrics');
  },
  async reader({ reader, symbol }) {
    const { runHigh: high, runLow: low, runVolume: volume } = await reader.metrics(symbol);
    return (canary, clock) => canary.lookTotal({ high, low, volume }, clock, "reader's metrics");
  },
};

const READ_PAIRS = [LATEST, LATEST_OF_MANY, LAST_AND_COUNT, RANGE, METRICS];

/**
 * Reads once over the API and once with the reader, and checks both answers.
 * @param turn number of the call: each call takes the next pair of reads and the next symbol, and after all pairs the next interval
 * @returns the session's clock after the reads
 */
export async function lookAtSession(canary: Canary, session: CanarySession, turn: number): Promise<number> {
  const pair = READ_PAIRS[turn % READ_PAIRS.length]!;
  const symbol = CANARY_SYMBOLS[turn % CANARY_SYMBOLS.length]!;
  const interval = INTERVALS[Math.floor(turn / READ_PAIRS.length) % INTERVALS.length]!;
  const path = `/v1/sessions/${session.id}/symbols/${symbol}`;
  const request = { ...session, symbol, path, interval, from: rangeStart(turn) };
  const checks = await Promise.all([pair.api(request), pair.reader(request)]);
  const clock = await session.reader.clock();
  for (const check of checks) check(canary, clock);
  return clock;
}

/**
 * Where a range begins: ten minutes before the minute whose number is `turn`. The range ends with the session, so that it would show a bar
 * after the clock. Its start keeps it short in a test that reads once a minute; with fewer turns it is longer.
 */
function rangeStart(turn: number): number {
  const minute = turn % CANARY_MINUTES;
  return CANARY_CLOSE_TIMES[Math.max(0, minute - 10)]!;
}

/** Checks a separate mirror each time its clock has moved, until it is at the end. @returns how often */
export async function lookAtFollowing(canary: Canary, mirror: Mirror, reader: OpenSession): Promise<number> {
  let looks = 0;
  while (mirror.clock < reader.layout.end) {
    looks++;
    await mirror.waitFor(mirror.clock + 1);
    const { clock } = mirror;
    lookAtMirror(canary, mirror, clock, 'separate mirror');
    if (clock > (await reader.clock())) throw new Error(`the mirror is ahead of its session: ${clock}`);
  }
  lookAtMirror(canary, mirror, mirror.clock, 'separate mirror at the end');
  return looks;
}
