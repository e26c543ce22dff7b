/**
 * The dataset that a session streams is removed, imported again, or gets the first bars of a symbol while the session runs. The session
 * streams what the dataset has (I1), or fails. It never counts the rows of a removed dataset as missing.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { Api } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { LockstepConsumer } from '../support/programs/lockstep-consumer.js';
import { TestSystem } from '../support/system/system.js';

/** Ten trading days: a stream stores three of them ahead of the clock, and reads three more. */
const DATES = { start: '2024-03-04', end: '2024-03-15' };
/** The close of the third day. */
const STAGED = '2024-03-06T21:00:00.000Z';
const DAY_BARS = 390;
const SYMBOLS = ['AAA', 'LATE'];
const MARKET = marketBars({ ...DATES, symbols: SYMBOLS, seed: 3 });

let system: TestSystem;
let api: Api;

const specOf = (id: string) => ({
  ...DATES,
  id,
  symbols: SYMBOLS,
  source: { type: 'dataset', dataset: id },
  upkeep: { enabled: false },
});

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'alone', MARKET);
  api = new Api((await system.coordinator()).url);
  await api.completed(await api.run(specOf('alone')));
});
afterAll(() => system?.close());

/**
 * Runs a session over the dataset `id` in lockstep, and changes the dataset when the stream has stored as many days as it may.
 * @returns the only consumer, which has joined after that
 */
async function runWhile(id: string, change: () => Promise<unknown>, symbols = SYMBOLS): Promise<LockstepConsumer> {
  await api.run({ ...specOf(id), symbols, pace: { mode: 'lockstep' } });
  await api.until(id, ({ frontier }) => frontier === STAGED);
  await change();
  const { consumer } = await LockstepConsumer.join(system.sessionPrefix, id, 'only');
  return consumer;
}

/** Follows the session with the consumer, from the first open to the end. */
async function followToEnd(consumer: LockstepConsumer): Promise<void> {
  await consumer.follow(consumer.layout.historyEnd);
  await consumer.leave(consumer.layout.end);
  consumer.close();
}

test('I1 a session streams the rows of a dataset that was removed and imported again meanwhile', async () => {
  await writeBars(system.databaseUrl, 'again', MARKET);
  const consumer = await runWhile('again', async () => {
    await system.barkeep('dataset', 'rm', 'again');
    await writeBars(system.databaseUrl, 'again', MARKET);
  });
  await followToEnd(consumer);
  const { counts } = await api.completed('again');
  expect(counts).toMatchObject({ streamed: 2 * 10 * DAY_BARS, missing: 0 });
  expect(await api.digest('again')).toBe(await api.digest('alone'));
});

test('a session whose dataset was removed fails, and continues after the dataset was imported again', async () => {
  await writeBars(system.databaseUrl, 'removed', MARKET);
  const consumer = await runWhile('removed', () => system.barkeep('dataset', 'rm', 'removed'));
  const following = followToEnd(consumer);
  const { error } = await api.until('removed', ({ state }) => state === 'failed');
  const what = 'dataset "removed", the source of the session, does not exist any more';
  expect(error).toBe(`${what}: import it again, then start the session`);
  await writeBars(system.databaseUrl, 'removed', MARKET);
  await api.ok('POST', '/v1/sessions/removed/start');
  await following;
  await api.completed('removed');
  expect(await api.digest('removed')).toBe(await api.digest('alone'));
});

test('a symbol whose first bars are imported while the session runs is streamed from then on', async () => {
  await writeBars(system.databaseUrl, 'grown', new Map([['AAA', MARKET.get('AAA')!]]));
  // The bars get a symbol that the database does not know yet: the other datasets have LATE already.
  const renamed = new Map([['NEW', MARKET.get('LATE')!]]);
  const addBars = () => writeBars(system.databaseUrl, 'grown', renamed);
  const consumer = await runWhile('grown', addBars, ['AAA', 'NEW']);
  await followToEnd(consumer);
  await api.completed('grown');
  const lastDay = await api.ok<{ streamed: number }>('GET', `/v1/sessions/grown/symbols/NEW/metrics?date=${DATES.end}`);
  expect(lastDay.streamed).toBe(DAY_BARS);
});
