/**
 * Adds random symbols to a running session and removes them, while another program reads it. The session ends like one that had the final
 * list from the start (I1). Its clock never goes back (I2). Readers see all bars of a symbol or none. No key or field of a removed symbol
 * remains (I9).
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { openSession, UnknownSymbolError, type OpenSession } from '@barkeep/session-data';
import { mulberry32 } from '../support/data/market.js';
import type { Api } from '../support/system/api.js';
import { disturbedMarket } from '../support/system/disturbed-system.js';
import { FIRST, SymbolsLab, SYMBOLS } from '../support/system/symbols-lab.js';

const CHANGES = 100;
/** With barriers the session continues by a day after this many changes. */
const CHANGES_A_DAY = 10;
/** The longest pause before a change. */
const PAUSE_MAX_MS = 60;
const SEED = 20131002;
const MINUTE_MS = 60_000;

const existing = existingBars();
let lab: SymbolsLab;
beforeAll(async () => {
  lab = await SymbolsLab.create();
});
afterAll(() => lab?.close());

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
  const isJoining = (await lab.add(session.id, 'FFF')).body.state === 'joining';
  if (isJoining) expect((await lab.api().session(session.id)).state).not.toBe('completed');
  await session.expectEnd();
}, 180_000);

/** Lets the session complete the days before this one, and waits until its clock is in the last of them. */
async function completeDaysBefore(day: number, id: string): Promise<void> {
  await lab.repository.holdFrom(lab.day(day));
  if (day > 0) await lab.clockReaches(id, day - 1);
}

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
    await lab.api().run(lab.specOf(id, FIRST, barrier));
    await lab.disturbed.streaming(id, ({ owner }) => owner !== '');
    const reader = await openSession(lab.disturbed.sessionRedis, lab.disturbed.system.sessionPrefix, id);
    return new ChangingSession(id, new Watch(reader, lab.api(1)));
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
    const by = lab.api(this.changes++);
    if (!this.present.has(symbol)) {
      const { status, body } = await lab.add(this.id, symbol, by);
      if (status === 409) return false;
      expect(body).toMatchObject({ id: this.id, symbol, state: expect.stringMatching('joining|present') });
      this.present.add(symbol);
    } else if (this.present.size > 1) {
      expect((await lab.remove(this.id, symbol, by)).status).toBe(204);
      this.present.delete(symbol);
    }
    return true;
  }

  /** Opens the repository, checks how the session ends, and deletes it. */
  async expectEnd(): Promise<void> {
    await lab.repository.open();
    const { counts } = await lab.api().settled(this.id, 60_000);
    await this.watch.end();
    expect(this.watch.readsWithBars).toBeGreaterThan(0);
    await lab.endsAs(this.id, [...this.present], counts);
    const absent = SYMBOLS.filter((symbol) => !this.present.has(symbol));
    await lab.expectNothingOf(this.id, absent);

    expect((await lab.api().call('DELETE', `/v1/sessions/${this.id}`)).status).toBe(204);
    expect(await lab.disturbed.sessionKeys(this.id)).toEqual([]);
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
