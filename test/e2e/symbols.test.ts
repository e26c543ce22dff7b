/**
 * Adds symbols to a running session and removes them, with two coordinators and two workers as separate processes. The
 * session ends like one that had the final list from the start (I1). Its clock never goes back (I2). Readers see all bars of
 * a symbol or none. No key or field of a removed symbol remains (I9).
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { openSession, UnknownSymbolError, type OpenSession } from '@barkeep/session-data';
import { Api, type Session } from '../support/system/api.js';
import { DisturbedSystem, disturbedMarket, processOf } from '../support/system/disturbed-system.js';
import { mulberry32 } from '../support/data/market.js';
import type { SystemProcess } from '../support/system/system.js';

const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF'];
/** The symbols with which sessions begin. */
const FIRST = ['AAA', 'BBB', 'CCC', 'DDD'];
const CHANGES = 100;
/** With barriers the session continues by a day after this many changes. */
const CHANGES_A_DAY = 10;
/** The longest pause before a change. */
const PAUSE_MAX_MS = 60;
const SEED = 20131002;
const TAKE_OVER_MS = 10_000;
const MINUTE_MS = 60_000;

let lab: DisturbedSystem;
let coordinators: SystemProcess[];
const existing = existingBars();

beforeAll(async () => {
  lab = await DisturbedSystem.create();
  coordinators = await Promise.all([lab.system.coordinator(), lab.system.coordinator()]);
  await Promise.all([lab.system.worker(), lab.system.worker()]);
});

afterAll(() => lab.close());

/** @param index chooses the coordinator; with rising numbers a test alternates between the two */
const api = (index = 0) => new Api(coordinators[index % coordinators.length]!.url);
const path = (id: string, symbol: string) => `/v1/sessions/${id}/symbols/${symbol}`;
const add = (id: string, symbol: string, by = api()) =>
  by.call<{ state: string; type: string }>('POST', path(id, symbol));
const remove = (id: string, symbol: string, by = api()) => by.call<{ type: string }>('DELETE', path(id, symbol));

function specOf(id: string, symbols: readonly string[], barrier: unknown = { minutes: 60 }): object {
  return { ...lab.spec(id), symbols, upkeep: { maxRetries: 2, barrier } };
}

/** Waits until the clock is in this day of {@link DisturbedSystem.day} or in a later one. */
const clockReaches = (id: string, day: number) =>
  api().until(id, ({ clock }) => clock !== null && clock > lab.day(day));

test('I1 I2 I9 symbols are added and removed a hundred times, with barriers of an hour', async () => {
  const session = await ChangingSession.start('changing-hourly', { minutes: 60 });
  for (let day = 0; day < CHANGES / CHANGES_A_DAY; day++) {
    await completeDaysBefore(day, session.id);
    // The session cannot end yet, so none of the changes is refused.
    expect(await session.change(SYMBOLS, CHANGES_A_DAY)).toBe(CHANGES_A_DAY);
  }
  await session.expectEnd();
}, 180_000);

test('I1 I2 I9 symbols are added and removed up to a hundred times, without barriers', async () => {
  const session = await ChangingSession.start('changing-free', 'none');
  // Without barriers the session would end soon. A joining symbol keeps it running: FFF joins until the repository opens.
  await session.addOrRemove('FFF');
  const others = SYMBOLS.filter((symbol) => symbol !== 'FFF');
  await session.change(others, CHANGES);
  // If the clock had not moved when FFF was added, FFF was present at once, and the session may have ended.
  const isJoining = (await add(session.id, 'FFF')).body.state === 'joining';
  if (isJoining) expect((await api().session(session.id)).state).not.toBe('completed');
  await session.expectEnd();
}, 180_000);

test('I1 another coordinator completes the joining of a symbol when the owner is killed in the middle of it', async () => {
  const id = 'killed-joining';
  // The repository holds back its answers for day 5 and later days, so the session waits on day 5.
  await lab.repository.holdFrom(lab.day(5));
  await api().run(specOf(id, FIRST));
  await lab.repository.asked(({ date }) => date === lab.day(5));
  const { clock } = await clockReaches(id, 4);
  // From day 2 on the repository does not answer for FFF, which therefore stays joining.
  await lab.repository.holdFrom(lab.day(2));
  expect(await add(id, 'FFF')).toMatchObject({ status: 202, body: { state: 'joining' } });
  await lab.repository.asked(({ date, symbol }) => date === lab.day(2) && symbol === 'FFF');
  expect((await api().call('GET', `${path(id, 'FFF')}/bars/latest`)).status).toBe(404);
  expect(await add(id, 'FFF')).toMatchObject({ status: 202 });

  const owner = await lab.streaming(id, () => true);
  const killed = processOf(coordinators, owner.pid);
  await killed.signal('SIGKILL');
  coordinators = coordinators.filter((other) => other !== killed);
  await lab.streaming(id, ({ epoch }) => epoch > owner.epoch, TAKE_OVER_MS);
  expect((await api().session(id)).clock! >= clock!).toBe(true);
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
  { name: 'with retained days', more: { history: { trailingDays: 2, retainDays: 3 } }, historyDays: 2 },
  { name: 'with a pace', more: { pace: { mode: 'clock', speed: 60_000 } }, historyDays: 0 },
])(
  'I1 a symbol is added to a session $name, and another one is removed',
  async ({ name, more, historyDays }) => {
    const id = `joining-${name.replaceAll(' ', '-')}`;
    const spec = { ...specOf(id, FIRST), ...more, start: lab.day(historyDays) };
    await lab.repository.holdFrom(lab.day(8));
    await api().run(spec);
    await clockReaches(id, 7);
    expect(await add(id, 'FFF')).toMatchObject({ status: 202 });
    expect((await remove(id, 'BBB')).status).toBe(204);
    await lab.repository.open();
    await api().settled(id, 60_000);
    await expectNothingOf(id, ['BBB']);

    const symbols = ['AAA', 'CCC', 'DDD', 'FFF'];
    const unchanged = await api().run({ ...spec, id: `${id}-unchanged`, symbols });
    await api().settled(unchanged, 60_000);
    expect(await api().digest(id)).toBe(await api().digest(unchanged));
    if (historyDays === 0) return;
    const { history } = await api().ok<Session>('GET', `/v1/sessions/${id}`);
    expect(Object.keys(history!.bars!).sort()).toEqual(symbols);
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

/** A running session whose symbols change at random, while a {@link Watch} reads it. */
class ChangingSession {
  /** The symbols that the session must have. */
  private readonly present = new Set(FIRST);
  private readonly random = mulberry32(SEED);
  private changes = 0;

  private constructor(
    readonly id: string,
    private readonly watch: Watch,
  ) {}

  /** Starts it. The repository holds all its answers back. */
  static async start(id: string, barrier: unknown): Promise<ChangingSession> {
    await lab.repository.holdFrom(lab.day(0));
    await api().run(specOf(id, FIRST, barrier));
    await lab.streaming(id, ({ owner }) => owner !== '');
    const reader = await openSession(lab.sessionRedis, lab.system.sessionPrefix, id);
    return new ChangingSession(id, new Watch(reader, api(1)));
  }

  /** Changes random ones of these symbols. @returns the number of changes, fewer than `count` when the session has ended */
  async change(symbols: readonly string[], count: number): Promise<number> {
    for (let change = 0; change < count; change++) {
      await new Promise((resolve) => setTimeout(resolve, this.random() ** 2 * PAUSE_MAX_MS));
      const symbol = symbols[Math.floor(this.random() * symbols.length)]!;
      if (!(await this.addOrRemove(symbol))) return change;
    }
    return count;
  }

  /** Adds a symbol that is not present, or removes it unless it is the only one. @returns false when the session has ended */
  async addOrRemove(symbol: string): Promise<boolean> {
    const by = api(this.changes++);
    if (!this.present.has(symbol)) {
      const { status, body } = await add(this.id, symbol, by);
      if (status === 409) return false;
      expect(body).toMatchObject({ id: this.id, symbol, state: expect.stringMatching('joining|present') });
      this.present.add(symbol);
    } else if (this.present.size > 1) {
      expect((await remove(this.id, symbol, by)).status).toBe(204);
      this.present.delete(symbol);
    }
    return true;
  }

  /** Opens the repository, checks how the session ends, and deletes it. */
  async expectEnd(): Promise<void> {
    await lab.repository.open();
    const { counts } = await api().settled(this.id, 60_000);
    await this.watch.end();
    expect(this.watch.readsWithBars).toBeGreaterThan(0);
    await endsAs(this.id, [...this.present], counts);
    const absent = SYMBOLS.filter((symbol) => !this.present.has(symbol));
    await expectNothingOf(this.id, absent);

    expect((await api().call('DELETE', `/v1/sessions/${this.id}`)).status).toBe(204);
    expect(await lab.sessionKeys(this.id)).toEqual([]);
  }
}

/**
 * Reads a session from its construction until {@link end}. Checks that the clock and the frontier never go back, and that a
 * symbol has all of its bars up to the clock, or is unknown.
 */
class Watch {
  /** Number of reads that returned bars. */
  readsWithBars = 0;
  private clock = 0;
  private frontier = '';
  private isEnding = false;
  private readonly random = mulberry32(1);
  private readonly reading: Promise<void>;

  constructor(
    private readonly reader: OpenSession,
    private readonly coordinator: Api,
  ) {
    this.reading = this.readUntilEnd();
    this.reading.catch(() => undefined); // `end` throws the error
  }

  /** Ends the reads. @throws the error of the first check that failed */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.reading;
  }

  private async readUntilEnd(): Promise<void> {
    while (!this.isEnding) {
      const clock = await this.reader.clock();
      expect(clock).toBeGreaterThanOrEqual(this.clock);
      this.clock = clock;
      await this.readSymbol(SYMBOLS[Math.floor(this.random() * SYMBOLS.length)]!, clock);
      const { frontier } = await this.coordinator.session(this.reader.layout.id);
      expect((frontier ?? '') >= this.frontier).toBe(true);
      this.frontier = frontier ?? '';
    }
  }

  private async readSymbol(symbol: string, clock: number): Promise<void> {
    try {
      const times = (await this.reader.lastBars(symbol, '1m', 10_000)).map(({ openTime }) => openTime);
      // The clock may have moved since it was read: then the last bar closes after `clock`.
      const lastClose = Math.max(clock, (times.at(-1) ?? -Infinity) + MINUTE_MS);
      const expected = existing.get(symbol)!.filter((time) => time + MINUTE_MS <= lastClose);
      if (times.length > 0) this.readsWithBars++;
      // Without barriers the clock passes minutes that the source lacks before upkeep has filled them.
      if (this.reader.layout.spec.upkeep.barrier === 'none')
        expect(times.length).toBeGreaterThanOrEqual(0.9 * expected.length);
      else expect({ symbol, times }).toEqual({ symbol, times: expected });
    } catch (error) {
      // A symbol is unknown while it is joining and after it was removed.
      if (!(error instanceof UnknownSymbolError)) throw error;
    }
  }
}

/** Lets the session complete the days before this one, and waits until its clock is in the last of them. */
async function completeDaysBefore(day: number, id: string): Promise<void> {
  await lab.repository.holdFrom(lab.day(day));
  if (day > 0) await clockReaches(id, day - 1);
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
  // All keys, and the members and fields of those whose members or fields name symbols.
  const names = [...keys];
  for (const key of keys) {
    if (key.endsWith(':retry')) names.push(...(await redis.zrange(key, 0, -1)));
    if (key.endsWith(':dirty')) names.push(...(await redis.smembers(key)));
    if (/:(errors|refused|history)$/.test(key)) names.push(...(await redis.hkeys(key)));
  }
  for (const symbol of symbols) expect(names.filter((name) => name.includes(symbol))).toEqual([]);
  for (const symbol of symbols) expect((await api().call('GET', `${path(id, symbol)}/metrics`)).status).toBe(404);
}

/** Open times of the bars that the source or the repository of {@link DisturbedSystem} has, by symbol. */
function existingBars(): Map<string, number[]> {
  const parts = Object.values(disturbedMarket());
  return new Map(
    SYMBOLS.map((symbol) => {
      const times = new Set(parts.flatMap((part) => part.get(symbol)!.map(({ openTime }) => openTime)));
      return [symbol, [...times].sort((a, b) => a - b)];
    }),
  );
}
