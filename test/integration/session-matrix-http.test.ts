/** The routes that describe the data of a whole session, on a real coordinator. */
import type { DaysAnswer } from '@barkeep/api';
import { Api } from '../support/api.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCoordinatorProcess, type CoordinatorProcess } from '../support/http-process.js';
import { marketBars, writeBars } from '../support/market.js';

const USER = 'user-key-0123456789';
const ADMIN = 'admin-key-0123456789';
const SYMBOLS = ['AAA', 'BRK/B', 'aaa'];
const DATES = { start: '2015-12-23', end: '2015-12-28' };
const SPEC = {
  ...DATES,
  symbols: SYMBOLS,
  derivedIntervals: ['5m'],
  source: { type: 'dataset', dataset: 'whole' },
  upkeep: { enabled: false, barrier: 'none' },
};

let database: TestDatabase;
let coordinator: CoordinatorProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 7 });
  // AAA lacks ten minutes of the first day.
  market.set('AAA', market.get('AAA')!.slice(10));
  await writeBars(database.url, 'whole', market);
  coordinator = await startCoordinatorProcess({
    DATABASE_URL: database.url,
    BARKEEP_API_KEYS: USER,
    BARKEEP_ADMIN_KEYS: ADMIN,
  });
  await api().run({ ...SPEC, id: 'whole' });
  await api().completed('whole');
});

afterAll(async () => {
  await coordinator?.stop();
  await database?.drop();
});

const api = () => new Api(coordinator.url, { 'X-API-Key': ADMIN });
const user = () => new Api(coordinator.url, { 'X-API-Key': USER });

describe('GET /v1/sessions/{id}/days', () => {
  it('counts the slots of each symbol on each day, by page', async () => {
    const first = await user().ok<DaysAnswer>('GET', '/v1/sessions/whole/days?limit=2');
    expect(first).toEqual({
      days: [
        { date: '2015-12-23', expected: 390, visible: 390 },
        { date: '2015-12-24', expected: 210, visible: 210 },
        { date: '2015-12-28', expected: 390, visible: 390 },
      ],
      symbols: [
        { symbol: 'AAA', counts: { streamed: [380, 210, 390] } },
        { symbol: 'BRK/B', counts: { streamed: [390, 210, 390] } },
      ],
      next: 'BRK/B',
    });
    const rest = `/v1/sessions/whole/days?from=2015-12-24&to=2015-12-27&after=${encodeURIComponent(first.next!)}`;
    expect(await user().ok('GET', rest)).toEqual({
      days: [{ date: '2015-12-24', expected: 210, visible: 210 }],
      symbols: [{ symbol: 'aaa', counts: { streamed: [210] } }],
      next: null,
    });
    expect(await user().ok('GET', '/v1/sessions/whole/days?symbols=aaa,AAA')).toMatchObject({
      symbols: [{ symbol: 'AAA' }, { symbol: 'aaa' }],
    });
  });

  it.each([
    ['days?limit=501', 400, 'invalid-input'],
    ['days?from=2015-12-24&to=2015-12-23', 400, 'invalid-input'],
    ['days?symbols=NONE', 404, 'unknown-symbol'],
    ['days?view=operator', 403, 'forbidden'],
  ])('answers %s with %i', async (path, status, kind) => {
    const answer = await user().call('GET', `/v1/sessions/whole/${path}`);
    expect(answer).toMatchObject({ status, body: { type: `urn:barkeep:problem:${kind}` } });
  });
});
