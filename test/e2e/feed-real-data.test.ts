/**
 * Three processes feed real minute bars over HTTP, out of order. The session ends with the bytes of a session that
 * streams them from a dataset (I1).
 */
import { Api } from '../support/system/api.js';
import { feedOrder, Feeders } from '../support/programs/feeders.js';
import { describeWithLean, EQUITY_DATES, EQUITY_FOLDERS, equityRows, importLean } from '../support/data/lean-data.js';
import { mulberry32 } from '../support/data/market.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const SYMBOLS = ['SPY', 'IBM', 'BAC'];
/** The most simulated time by which a bar comes late. */
const SHUFFLED_WITHIN_MS = 5 * 60_000;
/** Share of the bars that are sent twice. */
const DUPLICATES = 0.01;
const SPEC = {
  symbols: SYMBOLS,
  start: EQUITY_DATES[0],
  end: EQUITY_DATES.at(-1),
  hours: 'extended',
  derivedIntervals: ['5m', '15m', '1h', '1d'],
  upkeep: { barrier: { minutes: 240 } },
};
const FED = { ...SPEC, source: { type: 'feed', latenessSeconds: 300 }, feed: { timeoutSeconds: 600 } };

describeWithLean('real bars that are fed', () => {
  let system: TestSystem;
  let feeders: Feeders;
  let coordinators: SystemProcess[];
  /** The results of the session that streams the same bars from a dataset. */
  let twin: { digest: string; counts: object };
  const random = mulberry32(20131004);
  const api = (index = 0) => new Api(coordinators[index]!.url);

  beforeAll(async () => {
    feeders = await Feeders.create();
    system = await TestSystem.create();
    await importLean(system, 'lean', EQUITY_FOLDERS);
    coordinators = await Promise.all([system.coordinator(), system.coordinator()]);
    await Promise.all([system.worker(), system.worker()]);
    const id = await api().run({ ...SPEC, id: 'twin', source: { type: 'dataset', dataset: 'lean' } });
    const { counts } = await api().completed(id);
    twin = { digest: await api().digest(id), counts };
  });
  afterAll(async () => {
    await feeders?.close();
    await system?.close();
  });

  /** The bars that a symbol's feeder sends: out of order, some twice. Each call gives another order. */
  const shuffledRows = (symbol: string) => {
    const rows = EQUITY_DATES.flatMap((date) => equityRows(symbol, date));
    return feedOrder(rows, SHUFFLED_WITHIN_MS, DUPLICATES, random);
  };
  const feedAll = (id: string) =>
    Promise.all(SYMBOLS.map((symbol, i) => feeders.start(api(i % 2).url, id, symbol, shuffledRows(symbol))));

  async function endsAsTwin(id: string): Promise<void> {
    const { counts } = await api().completed(id);
    expect(await api().digest(id)).toBe(twin.digest);
    expect(counts).toEqual(twin.counts);
  }

  it('I1 give the digest of a session that streams the dataset', async () => {
    await api().run({ ...FED, id: 'fed' });
    for (const [i, feeder] of (await feedAll('fed')).entries()) {
      const rows = EQUITY_DATES.flatMap((date) => equityRows(SYMBOLS[i]!, date)).length;
      const fed = await feeder.done();
      expect(fed).toMatchObject({ accepted: rows, conflicts: 0, late: 0, refused: {}, problems: [] });
      // At least half of the expected number.
      expect(fed.duplicates).toBeGreaterThan(rows * DUPLICATES * 0.5);
    }
    await endsAsTwin('fed');
  });

  it('I1 give the same digest when a feeder is killed midway and another one sends all bars again', async () => {
    await api().run({ ...FED, id: 'feeder-killed' });
    const [spy, ibm] = [shuffledRows('SPY'), shuffledRows('IBM')];
    const others = [
      await feeders.start(api().url, 'feeder-killed', 'BAC', shuffledRows('BAC')),
      await feeders.start(api(1).url, 'feeder-killed', 'IBM', ibm),
    ];
    const killed = await feeders.start(api(1).url, 'feeder-killed', 'SPY', spy, spy.length / 2);
    await killed.held();
    await api().until('feeder-killed', ({ frontier }) => frontier !== null && frontier > EQUITY_DATES[2]!);
    await killed.kill();
    const again = await (await feeders.start(api().url, 'feeder-killed', 'SPY', spy)).done();
    expect(again.duplicates).toBeGreaterThan(spy.length / 3);
    for (const other of others) await other.done();
    await endsAsTwin('feeder-killed');
    // All bars are sent once more after the session's end.
    const last = await (await feeders.start(api().url, 'feeder-killed', 'IBM', ibm)).done();
    expect(last).toMatchObject({ accepted: 0, duplicates: ibm.length, conflicts: 0, late: 0 });
    await endsAsTwin('feeder-killed');
  });

  it('I1 give the same digest when the coordinator that streams the session is killed while it is fed', async () => {
    await api().run({ ...FED, id: 'coordinator-killed' });
    // The feeders use the coordinator that survives. The one that streams is killed.
    const streaming = await ownerOf('coordinator-killed');
    const survivor = coordinators.find((other) => other !== streaming)!;
    const rowsOf = Object.fromEntries(SYMBOLS.map((symbol) => [symbol, shuffledRows(symbol)]));
    const start = (symbol: string, holdAfter: number) =>
      feeders.start(survivor.url, 'coordinator-killed', symbol, rowsOf[symbol]!, holdAfter);
    const held = await Promise.all(SYMBOLS.map((symbol) => start(symbol, 2_000)));
    for (const feeder of held) await feeder.held();
    const alive = new Api(survivor.url);
    await alive.until('coordinator-killed', ({ frontier }) => frontier !== null && frontier > EQUITY_DATES[0]!);
    await streaming.signal('SIGKILL');
    coordinators = [survivor];
    for (const feeder of held) await feeder.kill();
    const again = await Promise.all(SYMBOLS.map((symbol) => start(symbol, 0)));
    for (const feeder of again) await feeder.done();
    await endsAsTwin('coordinator-killed');
  });

  /** The coordinator that streams a session. */
  async function ownerOf(id: string): Promise<SystemProcess> {
    const [row] = await api().eventually(
      () => system.query<{ owner: string | null }>('SELECT owner FROM sessions WHERE id = $1', [id]),
      ([session]) => session?.owner !== null && session?.owner !== undefined,
    );
    // An owner is `HOST:PID:START`.
    const pid = Number(row!.owner!.split(':').at(-2));
    return coordinators.find(({ child }) => child.pid === pid)!;
  }
});
