/**
 * Adds symbols to a running session and removes them, with two coordinators and two workers as separate processes. The
 * session ends like one that had the final list from the start (I1). Its clock never goes back (I2). Readers see all bars of
 * a symbol or none. No key or field of a removed symbol remains (I9).
 */
import { openSession, UnknownSymbolError, type OpenSession } from '@barkeep/session-data';
import { Api, type Session } from '../support/system/api.js';
import { DisturbedSystem, processOf } from '../support/system/disturbed-system.js';
import { holey, marketBars, mulberry32, type BarsBySymbol } from '../support/data/market.js';
import type { SystemProcess } from '../support/system/system.js';

const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF'];
/** The symbols with which sessions begin. */
const FIRST = ['AAA', 'BBB', 'CCC', 'DDD'];
const CHANGES = 100;
const CHANGES_A_DAY = 10;
/** The longest wait before a change. */
const WAIT_MAX_MS = 60;
const SEED = 20131002;
const TAKE_OVER_MS = 10_000;
const MINUTE_MS = 60_000;

let lab: DisturbedSystem;
let coordinators: SystemProcess[];
/** Open times of the bars that the source or the repository has, by symbol. */
let existing: Map<string, number[]>;

beforeAll(async () => {
  lab = await DisturbedSystem.create();
  existing = existingBars();
  coordinators = await Promise.all([lab.system.coordinator(), lab.system.coordinator()]);
  await Promise.all([lab.system.worker(), lab.system.worker()]);
});

afterAll(() => lab.close());

const api = (index = 0) => new Api(coordinators[index % coordinators.length]!.url);
const path = (id: string, symbol: string) => `/v1/sessions/${id}/symbols/${symbol}`;
/** @param index chooses the coordinator; a test passes rising numbers to alternate between the two */
const add = (id: string, symbol: string, index = 0) =>
  api(index).call<{ state: string; type: string }>('POST', path(id, symbol));
const remove = (id: string, symbol: string, index = 0) => api(index).call<{ type: string }>('DELETE', path(id, symbol));

function specOf(id: string, symbols: readonly string[], barrier: unknown = { minutes: 60 }): object {
  return { ...lab.spec(id), symbols, upkeep: { maxRetries: 2, barrier } };
}

test.each([
  ['barriers of an hour', 'changing-hourly', { minutes: 60 }],
  ['no barriers', 'changing-free', 'none'],
])(
  'I1 I2 I9 symbols are added and removed a hundred times, with %s',
  async (_, id, barrier) => {
    const present = new Set(FIRST);
    await lab.repository.holdFrom(lab.day(0));
    await api().run(specOf(id, FIRST, barrier));
    await lab.streaming(id, ({ owner }) => owner !== '');
    // Without barriers the session ends soon unless a symbol is joining. This one joins until the repository opens.
    const holder = barrier === 'none' ? 'FFF' : undefined;
    if (holder !== undefined && (await add(id, holder)).status === 202) present.add(holder);
    const watch = new Watch(await openSession(lab.sessionRedis, lab.system.sessionPrefix, id), api(1));
    const watching = watch.run();
    watching.catch(() => undefined); // the error is thrown when the promise is awaited
    const random = mulberry32(SEED);
    const changing = SYMBOLS.filter((symbol) => symbol !== holder);
    for (let change = 0; change < CHANGES; change++) {
      if (barrier !== 'none' && change % CHANGES_A_DAY === 0) await continueToDay(id, change / CHANGES_A_DAY);
      await new Promise((resolve) => setTimeout(resolve, random() ** 2 * WAIT_MAX_MS));
      const symbol = changing[Math.floor(random() * changing.length)]!;
      if (await addOrRemove(id, symbol, present, change)) continue;
      expect(barrier).toBe('none'); // with barriers the session cannot end yet
      break;
    }
    // A symbol that was added before the clock had moved is present at once, so it holds nothing.
    const isHeld = holder !== undefined && (await add(id, holder)).body.state === 'joining';
    if (isHeld) expect((await api().session(id)).state).not.toBe('completed');
    await lab.repository.open();
    const { counts } = await api().settled(id, 60_000);
    await watch.end(watching);
    expect(watch.readsWithBars).toBeGreaterThan(0);
    await endsAs(id, [...present], counts);
    const absent = SYMBOLS.filter((symbol) => !present.has(symbol));
    await expectNothingOf(id, absent);

    expect((await api().call('DELETE', `/v1/sessions/${id}`)).status).toBe(204);
    expect(await lab.sessionKeys(id)).toEqual([]);
  },
  180_000,
);

/**
 * Removes a symbol if it is present, unless it is the last one, and adds it otherwise. Keeps `present` up to date.
 * @param index chooses the coordinator @returns false when the session has ended, so that nothing can be added
 */
async function addOrRemove(id: string, symbol: string, present: Set<string>, index: number): Promise<boolean> {
  if (!present.has(symbol)) {
    const { status, body } = await add(id, symbol, index);
    if (status === 409) return false;
    expect(body).toMatchObject({ id, symbol, state: expect.stringMatching('joining|present') });
    present.add(symbol);
  } else if (present.size > 1) {
    expect((await remove(id, symbol, index)).status).toBe(204);
    present.delete(symbol);
  }
  return true;
}

test('I1 another coordinator completes the joining of a symbol when the owner is killed in the middle of it', async () => {
  const id = 'killed-joining';
  await lab.repository.holdFrom(lab.day(5));
  await api().run(specOf(id, FIRST));
  await lab.repository.asked(({ date }) => date === lab.day(5));
  const clock = (await api().until(id, (session) => session.clock !== null && session.clock > lab.day(4))).clock!;
  await lab.repository.holdFrom(lab.day(2));
  expect(await add(id, 'FFF')).toMatchObject({ status: 202, body: { state: 'joining' } });
  await lab.repository.asked(({ date, symbol }) => date === lab.day(2) && symbol === 'FFF');
  expect((await api().call('GET', `${path(id, 'FFF')}/bars/latest`)).status).toBe(404);
  expect(await add(id, 'FFF')).toMatchObject({ status: 202 });

  const streaming = await lab.streaming(id, () => true);
  const killed = processOf(coordinators, streaming.pid);
  await killed.signal('SIGKILL');
  coordinators = coordinators.filter((other) => other !== killed);
  await lab.streaming(id, ({ epoch }) => epoch > streaming.epoch, TAKE_OVER_MS);
  expect((await api().session(id)).clock! >= clock).toBe(true);
  expect((await api().call('GET', `${path(id, 'FFF')}/bars/latest`)).status).toBe(404);
  await lab.repository.open();
  const { counts } = await api().settled(id);
  await endsAs(id, [...FIRST, 'FFF'], counts);
  coordinators.push(await lab.system.coordinator());
});

test('I9 symbols of a created, paused or completed session can be removed, and added while it has not ended', async () => {
  const id = 'at-rest';
  await lab.repository.holdFrom(lab.day(3));
  expect((await api().call('POST', '/v1/sessions', specOf(id, ['AAA', 'BBB']))).status).toBe(201);
  expect(await add(id, 'EEE')).toMatchObject({ status: 200, body: { state: 'present' } });
  expect((await remove(id, 'AAA')).status).toBe(204);
  await api().ok('POST', `/v1/sessions/${id}/start`);
  await lab.repository.asked(({ date }) => date === lab.day(3));
  await api().ok('POST', `/v1/sessions/${id}/pause`);
  expect(await add(id, 'CCC')).toMatchObject({ status: 202 });
  expect((await remove(id, 'EEE')).status).toBe(204);
  await expectNothingOf(id, ['AAA', 'EEE']);
  await api().ok('POST', `/v1/sessions/${id}/resume`);
  await lab.repository.open();
  await api().settled(id);
  expect(await add(id, 'DDD')).toMatchObject({ status: 409, body: { type: 'urn:barkeep:problem:wrong-state' } });
  expect(await add(id, 'CCC')).toMatchObject({ status: 200, body: { state: 'present' } });
  expect((await remove(id, 'BBB')).status).toBe(204);
  await endsAs(id, ['CCC'], (await api().session(id)).counts);
  await expectNothingOf(id, ['AAA', 'BBB', 'DDD', 'EEE']);
});

test.each([
  ['with retained days', { history: { trailingDays: 2, retainDays: 3 } }, 2],
  ['with a pace', { pace: { mode: 'clock', speed: 60_000 } }, 0],
])(
  'I1 a symbol is added to a session %s, and another one is removed',
  async (_, more, historyDays) => {
    const id = `joining-${Object.keys(more)[0]}`;
    const spec = { ...specOf(id, FIRST), ...more, start: lab.day(historyDays) };
    await lab.repository.holdFrom(lab.day(8));
    await api().run(spec);
    await api().until(id, ({ clock }) => clock !== null && clock > lab.day(7));
    expect(await add(id, 'FFF')).toMatchObject({ status: 202 });
    expect((await remove(id, 'BBB')).status).toBe(204);
    await lab.repository.open();
    const symbols = [...FIRST.filter((symbol) => symbol !== 'BBB'), 'FFF'];
    await api().settled(id, 60_000);

    const unchanged = `${id}-unchanged`;
    await api().run({ ...spec, id: unchanged, symbols });
    await api().settled(unchanged, 60_000);
    expect(await api().digest(id)).toBe(await api().digest(unchanged));
    const { history } = await api().ok<Session>('GET', `/v1/sessions/${id}`);
    if (historyDays > 0) expect(Object.keys(history!.bars!).sort()).toEqual(symbols.sort());
    await expectNothingOf(id, ['BBB']);
  },
  120_000,
);

test('an impossible change is refused with its cause', async () => {
  const id = 'refused-changes';
  await api().call('POST', '/v1/sessions', specOf(id, ['AAA']));
  expect(await add('nobody', 'AAA')).toMatchObject({
    status: 404,
    body: { type: 'urn:barkeep:problem:unknown-session' },
  });
  expect(await add(id, 'a%20a')).toMatchObject({ status: 400, body: { type: 'urn:barkeep:problem:invalid-input' } });
  expect(await remove(id, 'BBB')).toMatchObject({ status: 404, body: { type: 'urn:barkeep:problem:unknown-symbol' } });
  expect(await remove(id, 'AAA')).toMatchObject({ status: 409, body: { type: 'urn:barkeep:problem:symbol-count' } });
  await api().ok('DELETE', `/v1/sessions/${id}`);
});

/**
 * Reads a session continuously. Checks that its clock and its frontier never go back, and that a symbol has all of its
 * bars up to the clock, or is unknown.
 */
class Watch {
  /** Number of reads that returned bars. */
  readsWithBars = 0;
  private clock = 0;
  private frontier = '';
  private ended = false;
  private readonly random = mulberry32(1);

  constructor(
    private readonly reader: OpenSession,
    private readonly coordinator: Api,
  ) {}

  async run(): Promise<void> {
    while (!this.ended) {
      const clock = await this.reader.clock();
      expect(clock).toBeGreaterThanOrEqual(this.clock);
      this.clock = clock;
      await this.readSymbol(SYMBOLS[Math.floor(this.random() * SYMBOLS.length)]!, clock);
      const { frontier } = await this.coordinator.session(this.reader.layout.id);
      expect((frontier ?? '') >= this.frontier).toBe(true);
      this.frontier = frontier ?? '';
    }
  }

  async end(watching: Promise<void>): Promise<void> {
    this.ended = true;
    await watching;
  }

  private async readSymbol(symbol: string, clock: number): Promise<void> {
    try {
      const times = (await this.reader.lastBars(symbol, '1m', 10_000)).map(({ openTime }) => openTime);
      // The clock may have moved since it was read: then the last bar closes after `clock`.
      const lastClose = Math.max(clock, (times.at(-1) ?? -Infinity) + MINUTE_MS);
      const expected = existing.get(symbol)!.filter((time) => time + MINUTE_MS <= lastClose);
      // Without barriers upkeep fills minutes that the source lacks after the clock has passed them.
      if (this.reader.layout.spec.upkeep.barrier === 'none')
        expect(times.length).toBeGreaterThanOrEqual(0.9 * expected.length);
      else expect({ symbol, times }).toEqual({ symbol, times: expected });
      if (times.length > 0) this.readsWithBars++;
    } catch (error) {
      // A symbol that is joining or was removed is unknown.
      if (!(error instanceof UnknownSymbolError)) throw error;
    }
  }
}

/** Lets the session continue to the n-th day and no further, and waits until its clock is there. */
async function continueToDay(id: string, day: number): Promise<void> {
  await lab.repository.holdFrom(lab.day(day));
  if (day > 0) await api().until(id, ({ clock }) => clock !== null && clock > lab.day(day - 1));
}

/** Checks that the session ends like one that had these symbols from the start. */
async function endsAs(id: string, symbols: readonly string[], counts: Session['counts']): Promise<void> {
  const unchanged = `${id}-unchanged`;
  await api().run(specOf(unchanged, symbols));
  expect((await api().settled(unchanged)).counts).toEqual(counts);
  expect(await api().digest(id)).toBe(await api().digest(unchanged));
  const session = await api().ok<Session>('GET', `/v1/sessions/${id}`);
  expect(session.symbols.toSorted()).toEqual(symbols.toSorted());
}

/** Checks that no key, field or member of the session's store names these symbols, and that the API does not know them. */
async function expectNothingOf(id: string, symbols: readonly string[]): Promise<void> {
  const redis = lab.sessionRedis;
  const keys = await lab.sessionKeys(id);
  const names = [...keys];
  for (const key of keys) {
    if (key.endsWith(':retry')) names.push(...(await redis.zrange(key, 0, -1)));
    if (key.endsWith(':dirty')) names.push(...(await redis.smembers(key)));
    if (/:(errors|refused|history)$/.test(key)) names.push(...(await redis.hkeys(key)));
  }
  for (const symbol of symbols) expect(names.filter((name) => name.includes(symbol))).toEqual([]);
  for (const symbol of symbols) expect((await api().call('GET', `${path(id, symbol)}/metrics`)).status).toBe(404);
}

/** Open times of the bars of the source and the repository of {@link DisturbedSystem} together, by symbol. */
function existingBars(): Map<string, number[]> {
  const market = marketBars({ start: '2013-10-01', end: '2013-10-16', symbols: SYMBOLS, seed: 7 });
  const parts: BarsBySymbol[] = [holey(market, 0.002, 8), holey(market, 0.03, 9)];
  return new Map(
    SYMBOLS.map((symbol) => {
      const times = new Set(parts.flatMap((part) => part.get(symbol)!.map(({ openTime }) => openTime)));
      return [symbol, [...times].sort((a, b) => a - b)];
    }),
  );
}
