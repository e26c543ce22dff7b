/**
 * Proves that no bar is shown before its close (I2). In this market a bar with data from after its close has wrong values;
 * a {@link Canary} throws when it looks at such a bar. The test follows a session. At every step it reads through the step,
 * its mirror, a reader and the HTTP API; a separate mirror is read whenever its clock moves. Meanwhile the store has bars of
 * later days, and upkeep repairs them.
 * docs/ARCHITECTURE.md lists the invariants, such as I2.
 */
import { connect, type Barkeep, type BarMirror, type ClientSession, type Mirror, type Step } from '@barkeep/client';
import type { OpenSession } from '@barkeep/session-data';
import { Api, type ApiBar } from '../support/system/api.js';
import {
  Canary,
  CANARY_CLOSES,
  CANARY_DATES,
  CANARY_MINUTES,
  canaryMarket,
  minutesBy,
} from '../support/programs/canary.js';
import { holey, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const SYMBOLS = ['AAA', 'BBB'];
const DERIVED = ['5m', '1h', '1d'];
const INTERVALS = ['1m', ...DERIVED];
const MINUTE_MS = 60_000;
/** The lead of the clock in lockstep, in minutes. */
const LEAD = 30;
const SPEC = {
  ...CANARY_DATES,
  symbols: SYMBOLS,
  derivedIntervals: DERIVED,
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['whole'],
} as const;

let system: TestSystem;
let barkeep: Barkeep;
let api: Api;
beforeAll(async () => {
  system = await TestSystem.create();
  const whole = canaryMarket(SYMBOLS);
  await writeBars(system.databaseUrl, 'whole', whole);
  await writeBars(system.databaseUrl, 'holey', holey(whole, 0.05, 3));
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  barkeep = connect({ coordinator: coordinator.url, keyPrefix: system.sessionPrefix });
});
afterAll(async () => {
  await barkeep?.close();
  await system?.close();
});

/** Reads a mirror in every way. @param limit the time after which it must show nothing @param where names it in errors */
function lookAtMirror(canary: Canary, mirror: BarMirror, limit: number, where: string): void {
  const closed = minutesBy(limit);
  for (const symbol of SYMBOLS) {
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

function lookAtStep(canary: Canary, step: Step): void {
  const where = `step ${new Date(step.time).toISOString()}`;
  canary.lookAll(step.bars.values(), step.time, where);
  for (const bars of step.derived.values()) canary.lookAll(bars.values(), step.time, where);
  for (const symbol of SYMBOLS) {
    for (const interval of INTERVALS) canary.lookAll(step.barsOf(symbol, interval), step.time, where);
  }
  if (step.mirror.clock !== step.time) throw new Error(`${where}: the mirror is at ${step.mirror.clock}`);
  lookAtMirror(canary, step.mirror, step.time, `mirror of ${where}`);
}

/** What a read from outside is to read. */
interface ReadRequest {
  /** The session and its reader. */
  id: string;
  reader: OpenSession;
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

const API_READS: ReadFromOutside[] = [
  async ({ path, interval }) => {
    const { status, body } = await api.call<ApiBar>('GET', `${path}/bars/latest?interval=${interval}`);
    if (status !== 200 && status !== 404) throw new Error(`latest: ${status} ${JSON.stringify(body)}`);
    const bars = status === 200 ? [body] : [];
    return (canary, clock) => canary.lookApi(bars, clock, `API latest ${interval}`);
  },
  async ({ id }) => {
    const latest = `/v1/sessions/${id}/latest?symbols=${SYMBOLS.join()}`;
    const bySymbol = await api.ok<Record<string, ApiBar | null>>('GET', latest);
    const bars = Object.values(bySymbol).filter((bar) => bar !== null);
    return (canary, clock) => canary.lookApi(bars, clock, 'API latest of many');
  },
  async ({ id, symbol, interval }) => {
    const bars = await api.bars(id, symbol, `interval=${interval}&last=4`);
    return (canary, clock) => canary.lookApi(bars, clock, `API last ${interval}`);
  },
  async ({ id, reader, symbol, interval, from }) => {
    const bars = await api.bars(id, symbol, `interval=${interval}&from=${from}&to=${reader.layout.end}`);
    return (canary, clock) => canary.lookApi(bars, clock, `API range ${interval}`);
  },
  async ({ id, symbol }) => {
    const { runHigh: high, runLow: low, runVolume: volume } = await api.metrics(id, symbol);
    return (canary, clock) => canary.lookTotal({ high, low, volume }, clock, 'API metrics');
  },
];

const READER_READS: ReadFromOutside[] = [
  async ({ reader, symbol, interval }) => {
    const [latest, last] = await Promise.all([
      reader.latestBar(symbol, interval),
      reader.lastBars(symbol, interval, 5),
    ]);
    return (canary, clock) => {
      canary.look(latest, clock, `reader's latest ${interval}`);
      canary.lookAll(last, clock, `reader's last ${interval}`);
    };
  },
  async ({ reader, symbol, interval, from }) => {
    const bars = await reader.barsBetween(symbol, interval, from, reader.layout.end);
    return (canary, clock) => canary.lookAll(bars, clock, `reader's range ${interval}`);
  },
  async ({ reader, symbol }) => {
    const { runHigh: high, runLow: low, runVolume: volume } = await reader.metrics(symbol);
    return (canary, clock) => canary.lookTotal({ high, low, volume }, clock, "reader's metrics");
  },
  async ({ reader, interval }) => {
    const bars = await reader.latestBars(SYMBOLS, interval);
    return (canary, clock) => canary.lookAll(bars.values(), clock, `reader's latest of many ${interval}`);
  },
  async ({ reader, symbol, interval }) => {
    const count = await reader.barCount(symbol, interval);
    return (canary, clock) => canary.lookCount(count, clock, `reader's count ${interval}`);
  },
];
/** The number of reads in each list. */
const READS = API_READS.length;

/**
 * Reads at the same time over the API and with the reader, and checks both. @param turn chooses the reads and the symbol;
 * when all reads had their turn, they have it again with the next interval @returns the session's clock after the reads
 */
async function lookAtSession(canary: Canary, id: string, reader: OpenSession, turn: number): Promise<number> {
  const symbol = SYMBOLS[turn % SYMBOLS.length]!;
  const path = `/v1/sessions/${id}/symbols/${symbol}`;
  const interval = INTERVALS[Math.floor(turn / READS) % INTERVALS.length]!;
  // With a turn for each minute, this is ten minutes before the clock.
  const from = CANARY_CLOSES[Math.max(0, (turn % CANARY_MINUTES) - 10)]!;
  const request = { id, reader, symbol, path, interval, from };
  const reads = [API_READS[turn % READS]!, READER_READS[turn % READS]!];
  const checks = await Promise.all(reads.map((read) => read(request)));
  const clock = await reader.clock();
  for (const check of checks) check(canary, clock);
  return clock;
}

/** Checks a separate mirror each time its clock has moved, until it is at the end. @returns how often */
async function lookAtFollowing(canary: Canary, mirror: Mirror, reader: OpenSession): Promise<number> {
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

/** Starts a session, and opens a reader and a separate mirror of it. */
async function opened(spec: object): Promise<{ session: ClientSession; reader: OpenSession; mirror: Mirror }> {
  const session = await barkeep.createSession({ ...SPEC, ...spec }, { start: true });
  return { session, reader: await session.reader(), mirror: await session.mirror() };
}

/** The times of the steps of each length. */
const STEPS = {
  '1m': CANARY_CLOSES,
  '5m': CANARY_CLOSES.filter((close) => close % (5 * MINUTE_MS) === 0),
  // The last close of a day is not followed by another one a minute later.
  day: CANARY_CLOSES.filter((close, n) => CANARY_CLOSES[n + 1] !== close + MINUTE_MS),
};
/** Each step makes more checks than this. */
const LOOKS_A_STEP = 30;
const BARRIERS = [
  { name: 'none', barrier: 'none' },
  { name: 'day', barrier: 'day' },
  { name: 'minutes', barrier: { minutes: 30 } },
] as const;

jest.setTimeout(120_000); // thousands of reads over HTTP

describe.each(BARRIERS)('I2 with barrier $name', ({ name, barrier }) => {
  test.each(Object.entries(STEPS))(
    'a consumer in lockstep with steps of %s sees nothing of the future',
    async (every, times) => {
      const canary = new Canary();
      const id = `${name}-${every}`;
      const pace = { mode: 'lockstep', window: LEAD } as const;
      const { session, reader, mirror } = await opened({ id, pace, upkeep: { barrier } });
      const following = lookAtFollowing(canary, mirror, reader);
      following.catch(() => undefined); // awaited below
      const steps: number[] = [];
      for await (const step of session.follow({ consumer: 'canary', every })) {
        steps.push(step.time);
        lookAtStep(canary, step);
        const clock = await lookAtSession(canary, id, reader, steps.length);
        const latest = reader.layout.closeAfter(step.time, LEAD);
        if (clock < step.time || clock > latest || mirror.clock > latest) {
          throw new Error(`at ${step.time} the session's clock is at ${clock}, the mirror's at ${mirror.clock}`);
        }
        // Nothing may be missing either: with a barrier every hole before the clock is filled.
        if (barrier !== 'none') {
          for (const symbol of SYMBOLS) expect(step.mirror.barCount(symbol)).toBe(minutesBy(step.time));
          expect([...step.bars.values()].map(({ closeTime }) => closeTime)).toEqual(SYMBOLS.map(() => step.time));
        }
      }
      expect(steps).toEqual(times);
      expect(await following).toBeGreaterThan(0);
      await api.settled(id);
      await mirror.update();
      for (const symbol of SYMBOLS) expect(mirror.barCount(symbol)).toBe(CANARY_MINUTES);
      mirror.close();
      expect(canary.looks).toBeGreaterThan(LOOKS_A_STEP * steps.length);
    },
  );

  test('a session at full speed shows nothing of the future to its readers', async () => {
    const canary = new Canary();
    const id = `${name}-max`;
    const { session, reader, mirror } = await opened({ id, upkeep: { barrier } });
    const following = lookAtFollowing(canary, mirror, reader);
    const reading = (async () => {
      // Only every seventh turn, so that the few turns of a fast session have all reads, symbols and intervals.
      for (let turn = 0; (await lookAtSession(canary, id, reader, turn)) < reader.layout.end; turn += 7);
    })();
    const steps: number[] = [];
    for await (const step of session.follow({ every: '1m' })) {
      steps.push(step.time);
      lookAtStep(canary, step);
      if (step.time > (await reader.clock())) throw new Error(`the step is ahead of its session: ${step.time}`);
    }
    await Promise.all([following, reading]);
    expect(steps).toEqual(CANARY_CLOSES);
    mirror.close();
    expect(canary.looks).toBeGreaterThan(LOOKS_A_STEP * steps.length);
  });
});
