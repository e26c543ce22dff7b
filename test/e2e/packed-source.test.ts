/**
 * A session over packed days, over rows, or over partly packed days has the same bytes (I1).
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { Api } from '../support/system/api.js';
import { holey, marketBars, mulberry32, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD'];
/** Six trading days: two of history and four of the session. */
const MARKET = marketBars({ symbols: SYMBOLS, seed: 5, start: '2024-06-27', end: '2024-07-05' });

const BASE = {
  symbols: [...SYMBOLS, 'NONE'], // no dataset has a bar of the last one
  start: '2024-07-01',
  end: '2024-07-05',
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['whole'],
  derivedIntervals: ['5m', '1h'],
  history: { trailingDays: 2 },
};
/** A bar that no dataset has is unfillable after the first answer, so that the counts do not depend on the retries so far. */
const NO_RETRIES = { retryMissingBars: false };
const NO_UPKEEP = { ...BASE, backfill: [], upkeep: { enabled: false } };
const SPECS = {
  'whole days': { ...BASE, upkeep: NO_RETRIES },
  'windows of 17 minutes': { ...BASE, upkeep: { ...NO_RETRIES, barrier: { minutes: 17 } } },
  'no upkeep': NO_UPKEEP,
};

/** SQL conditions for rows of the table `bars`. */
const IN_HOLEY = `dataset_id = (SELECT id FROM datasets WHERE name = 'holey')`;
const ofSymbol = (symbol: string) => `symbol_id = (SELECT id FROM symbols WHERE name = '${symbol}')`;

let system: TestSystem;
let api: Api;
let sessions = 0;

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'whole', MARKET);
  await writeBars(system.databaseUrl, 'holey', holey(MARKET, 0.03, 6));
  // Two rows that a session refuses: one with invalid values, one whose time is not the open of a slot. This day of AAA and BBB is therefore
  // not packed, and that of the other symbols is.
  const at = (symbol: string) => `${IN_HOLEY} AND ${ofSymbol(symbol)} AND "time" = '2024-07-02T15:00:00Z'`;
  await system.query(`UPDATE bars SET low = high + 1 WHERE ${at('AAA')}`);
  await system.query(`UPDATE bars SET "time" = "time" + interval '7 seconds' WHERE ${at('BBB')}`);
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});
afterAll(() => system?.close());

interface Outcome {
  digest: string;
  counts: unknown;
  history: unknown;
  /** The rows that the session refused. */
  quarantined: unknown;
}

/** What a session over this spec ends with. */
async function outcomeOf(spec: object): Promise<Outcome> {
  const id = await api.run({ ...spec, id: `packed-${++sessions}` });
  await api.until(id, ({ state }) => state === 'completed');
  const { counts, history } = await api.session(id);
  const quarantined = await system.query(
    `SELECT q.dataset, q.symbol, q.time, q.low, q.reason FROM quarantined_bars q JOIN sessions s ON s.incarnation = q.incarnation
     WHERE s.id = $1 ORDER BY q.symbol, q.time`,
    [id],
  );
  return { digest: await api.digest(id), counts, history, quarantined };
}

async function packCount(): Promise<number> {
  const [row] = await system.query<{ count: number }>('SELECT count(*)::int AS count FROM packed_days');
  return row!.count;
}

const outcomesOfAll = async () => {
  const outcomes: Record<string, Outcome> = {};
  for (const [name, spec] of Object.entries(SPECS)) outcomes[name] = await outcomeOf(spec);
  return outcomes;
};

it('I1 a session is the same over rows, over packs, and over some of both', async () => {
  const overRows = await outcomesOfAll();
  expect(overRows['no upkeep']).toMatchObject({
    counts: { refused: 2 },
    quarantined: [{ symbol: 'AAA' }, { symbol: 'BBB' }],
  });

  // Six trading days of four symbols, but the two days with a refused row are not packed.
  const result = JSON.parse(await system.barkeep('pack', 'holey', '--json')) as object;
  expect(result).toMatchObject({ dataset: 'holey', days: 6, symbols: 4, packed: 22, kept: 0, empty: 0, refused: 2 });
  expect(await outcomesOfAll()).toEqual(overRows);

  await unpackAboutHalf();
  const packsLeft = await packCount(); // about half of 22
  expect(packsLeft).toBeGreaterThan(3);
  expect(packsLeft).toBeLessThan(21);
  expect(await outcomesOfAll()).toEqual(overRows);
}, 120_000);

/** Writes rows of about half of the packs again with the same values. A trigger removes these packs; nothing else changes. */
async function unpackAboutHalf(): Promise<void> {
  const random = mulberry32(9);
  const packs = await system.query<{ symbol_id: number; open: Date }>('SELECT symbol_id, open FROM packed_days');
  for (const { symbol_id, open } of packs) {
    if (random() < 0.5) continue;
    await system.query(
      `UPDATE bars SET volume = volume WHERE ${IN_HOLEY} AND symbol_id = $1
       AND "time" BETWEEN $2 AND $2::timestamptz + interval '5 minutes'`,
      [symbol_id, open],
    );
  }
}

it('a session gets the changed rows when rows are changed after they were packed', async () => {
  await system.barkeep('pack', 'holey');
  const before = await outcomeOf(NO_UPKEEP);
  await system.query(`DELETE FROM bars WHERE ${IN_HOLEY} AND ${ofSymbol('CCC')} AND "time" < '2024-07-02'`);
  const after = await outcomeOf(NO_UPKEEP);
  expect(after.digest).not.toBe(before.digest);
  await system.query('DELETE FROM packed_days');
  expect(await outcomeOf(NO_UPKEEP)).toEqual(after);
});

it('`barkeep pack` packs the given symbols and days, keeps earlier packs, and refuses unknown names', async () => {
  await system.query('DELETE FROM packed_days');
  const pack = async (...args: string[]) =>
    JSON.parse(await system.barkeep('pack', 'whole', '--json', ...args)) as object;
  expect(await pack('--symbols', 'AAA,BBB', '--start', '2024-07-01', '--end', '2024-07-02')).toMatchObject({
    days: 2,
    packed: 4,
  });
  expect(await pack()).toMatchObject({ days: 6, packed: 20, kept: 4 });
  await expect(system.barkeep('pack', 'whole', '--symbols', 'XXX')).rejects.toThrow(
    'expected symbols with bars in whole, was XXX',
  );
  await expect(system.barkeep('pack', 'nowhere')).rejects.toThrow(
    'expected a dataset, was "nowhere"; existing ones: holey, whole',
  );
});
