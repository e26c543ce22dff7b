/**
 * Three processes feed real minute bars over HTTP, out of order. The session ends with the bytes of a session that
 * streams them from a dataset (I1).
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { Api } from '../support/system/api.js';
import { feedOrder, Feeders } from '../support/programs/feeders.js';
import { describeWithLean, EQUITY_DATES, EQUITY_FOLDERS, equityRows, importLean } from '../support/data/lean-data.js';
import { mulberry32 } from '../support/data/market.js';
import { ownerOf } from '../support/system/owner.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const SYMBOLS = ['SPY', 'IBM', 'BAC'];
/** The most simulated time by which a bar comes late. */
const LATE_MAX_MS = 5 * 60_000;
/** Share of the bars that are sent twice. */
const DUPLICATE_SHARE = 0.01;
/** `holdAfter` of a feeder that sends all of its bars without a pause. */
const NEVER_HELD = 0;
const SPEC = {
  symbols: SYMBOLS,
  start: EQUITY_DATES[0],
  end: EQUITY_DATES.at(-1),
  hours: 'extended',
  derivedIntervals: ['5m', '15m', '1h', '1d'],
  upkeep: { barrier: { minutes: 240 } },
};
const FED = { ...SPEC, source: { type: 'feed', latenessSeconds: LATE_MAX_MS / 1_000 }, feed: { timeoutSeconds: 600 } };

describeWithLean('real bars that are fed', () => {
  let system: TestSystem;
  let feeders: Feeders;
  let coordinators: SystemProcess[];
  /** The results of the session that streams the same bars from a dataset. */
  let twin: { digest: string; counts: object };
  const random = mulberry32(20131004);
  /** The API of a coordinator, 0 or 1. */
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

  const rowsOf = (symbol: string) => EQUITY_DATES.flatMap((date) => equityRows(symbol, date));
  /** The bars that a symbol's feeder sends: out of order, some twice. Each call gives another order. */
  const shuffledRows = (symbol: string) => feedOrder(rowsOf(symbol), LATE_MAX_MS, DUPLICATE_SHARE, random);

  async function endsAsTwin(id: string): Promise<void> {
    const { counts } = await api().completed(id);
    expect(await api().digest(id)).toBe(twin.digest);
    expect(counts).toEqual(twin.counts);
  }

  it('I1 a fed session has the digest of a session that streams the dataset', async () => {
    await api().run({ ...FED, id: 'fed' });
    // The feeders take turns between the coordinators.
    const starts = SYMBOLS.map((symbol, i) => feeders.start(api(i % 2).url, 'fed', symbol, shuffledRows(symbol)));
    for (const [i, feeder] of (await Promise.all(starts)).entries()) {
      const rowCount = rowsOf(SYMBOLS[i]!).length;
      const fed = await feeder.done();
      expect(fed).toMatchObject({ accepted: rowCount, conflicts: 0, late: 0, refused: {}, problems: [] });
      const expectedDuplicates = rowCount * DUPLICATE_SHARE;
      expect(fed.duplicates).toBeGreaterThan(expectedDuplicates / 2);
    }
    await endsAsTwin('fed');
  });

  it('I1 the digest is the same when a feeder is killed midway and another one sends all bars again', async () => {
    await api().run({ ...FED, id: 'feeder-killed' });
    const [spy, ibm, bac] = SYMBOLS.map(shuffledRows);
    const others = [
      await feeders.start(api().url, 'feeder-killed', 'BAC', bac!),
      await feeders.start(api(1).url, 'feeder-killed', 'IBM', ibm!),
    ];
    const holdAfter = Math.floor(spy!.length / 2);
    const killed = await feeders.start(api(1).url, 'feeder-killed', 'SPY', spy!, holdAfter);
    await killed.held();
    await api().until('feeder-killed', ({ frontier }) => frontier !== null && frontier > EQUITY_DATES[2]!);
    await killed.kill();
    const again = await (await feeders.start(api().url, 'feeder-killed', 'SPY', spy!)).done();
    // The killed feeder had sent half of the bars. The coordinator may not have stored the last ones.
    expect(again.duplicates).toBeGreaterThan(spy!.length / 3);
    for (const other of others) await other.done();
    await endsAsTwin('feeder-killed');

    const afterEnd = await (await feeders.start(api().url, 'feeder-killed', 'IBM', ibm!)).done();
    expect(afterEnd).toMatchObject({ accepted: 0, duplicates: ibm!.length, conflicts: 0, late: 0 });
    await endsAsTwin('feeder-killed');
  });

  it('I1 the digest is the same when the coordinator that streams the session is killed while it is fed', async () => {
    await api().run({ ...FED, id: 'coordinator-killed' });
    const owner = await ownerOf(system, coordinators, 'coordinator-killed');
    const survivor = coordinators.find((other) => other !== owner)!;
    const shuffled = new Map(SYMBOLS.map((symbol) => [symbol, shuffledRows(symbol)]));
    const startAll = (holdAfter: number) =>
      Promise.all(
        [...shuffled].map(([symbol, rows]) =>
          feeders.start(survivor.url, 'coordinator-killed', symbol, rows, holdAfter),
        ),
      );
    const barsBeforeKill = 2_000; // of each feeder
    const held = await startAll(barsBeforeKill);
    for (const feeder of held) await feeder.held();
    const alive = new Api(survivor.url);
    await alive.until('coordinator-killed', ({ frontier }) => frontier !== null && frontier > EQUITY_DATES[0]!);
    await owner.signal('SIGKILL');
    coordinators = [survivor];
    for (const feeder of held) await feeder.kill();
    for (const feeder of await startAll(NEVER_HELD)) await feeder.done();
    await endsAsTwin('coordinator-killed');
  });
});
