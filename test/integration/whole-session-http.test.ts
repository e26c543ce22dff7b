/** The routes of a real coordinator that describe the data of a whole session, or the queues. */
import type { DaysAnswer, DifferenceAnswer, LayoutAnswer, QueuesAnswer } from '@barkeep/api';
import { Redis } from 'ioredis';
import { HALF_DAY_SPEC as SPEC, halfDayMarket } from '../support/data/half-day.js';
import { writeBars } from '../support/data/market.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { Api } from '../support/system/api.js';
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';

const USER = 'user-key-0123456789';
const ADMIN = 'admin-key-0123456789';

let database: TestDatabase;
let coordinator: SystemProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  const market = halfDayMarket();
  await writeBars(database.url, 'whole', market);
  // In `other` a bar of the second day of aaa has another volume, and BRK/B lacks a later minute of that day.
  const [changed, missing] = [390 + 10, 390 + 20];
  const aaa = market.get('aaa')!.map((bar, i) => (i === changed ? { ...bar, volume: bar.volume + 1 } : bar));
  const brk = market.get('BRK/B')!.filter((_, i) => i !== missing);
  await writeBars(database.url, 'other', new Map(market).set('aaa', aaa).set('BRK/B', brk));
  coordinator = await startCoordinatorProcess({
    DATABASE_URL: database.url,
    BARKEEP_API_KEYS: USER,
    BARKEEP_ADMIN_KEYS: ADMIN,
  });
  // Three sessions: `whole`; `same`, which has the same bars of two symbols; and `other`, which ends a day earlier.
  await admin().run({ ...SPEC, id: 'whole' });
  await admin().run({ ...SPEC, id: 'same', symbols: ['aaa', 'BRK/B'], derivedIntervals: [] });
  const otherSource = { type: 'dataset', dataset: 'other' };
  await admin().run({ ...SPEC, id: 'other', source: otherSource, end: '2015-12-24' });
  for (const id of ['whole', 'same', 'other']) await admin().completed(id);
});

afterAll(async () => {
  await coordinator?.signal('SIGTERM');
  await database?.drop();
});

const admin = () => new Api(coordinator.url, { 'X-API-Key': ADMIN });
const user = () => new Api(coordinator.url, { 'X-API-Key': USER });

/** The hours of XNYS on a date in winter, in UTC. 24 December closes three hours earlier. */
function hours(date: string) {
  const closeHour = date.endsWith('-24') ? 18 : 21;
  return { open: `${date}T14:30:00.000Z`, close: `${date}T${closeHour}:00:00.000Z` };
}

describe('GET /v1/sessions/{id}/days', () => {
  it('counts the slots of each symbol on each day, in pages of symbols, or for chosen days and symbols', async () => {
    const first = await user().ok<DaysAnswer>('GET', '/v1/sessions/whole/days?limit=2');
    expect(first).toEqual({
      zone: 'America/New_York',
      days: [
        { date: '2015-12-23', ...hours('2015-12-23'), expected: 390, visible: 390 },
        { date: '2015-12-24', ...hours('2015-12-24'), expected: 210, visible: 210 },
        { date: '2015-12-28', ...hours('2015-12-28'), expected: 390, visible: 390 },
      ],
      symbols: [
        { symbol: 'AAA', counts: { streamed: [380, 210, 390] } },
        { symbol: 'BRK/B', counts: { streamed: [390, 210, 390] } },
      ],
      next: 'BRK/B',
    });
    const rest = `/v1/sessions/whole/days?from=2015-12-24&to=2015-12-27&after=${encodeURIComponent(first.next!)}`;
    expect(await user().ok('GET', rest)).toEqual({
      zone: 'America/New_York',
      days: [{ date: '2015-12-24', ...hours('2015-12-24'), expected: 210, visible: 210 }],
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

describe('GET /v1/sessions/{id}/layout', () => {
  it('has intervals, days, partitions and key names, with which a program finds the bars in Redis', async () => {
    const layout = await user().ok<LayoutAnswer>('GET', '/v1/sessions/whole/layout');
    expect(layout).toMatchObject({ id: 'whole', version: 0, datasets: ['whole'] });
    expect(layout.intervals.map(({ name, isBase }) => [name, isBase])).toEqual([
      ['1m', true],
      ['5m', false],
    ]);
    expect(layout.days.map(({ date, slots }) => [date, slots])).toEqual([
      ['2015-12-23', { '1m': 390, '5m': 78 }],
      ['2015-12-24', { '1m': 210, '5m': 42 }],
      ['2015-12-28', { '1m': 390, '5m': 78 }],
    ]);
    expect(layout.days[1]!.segments).toEqual([{ open: '2015-12-24T14:30:00.000Z', close: '2015-12-24T18:00:00.000Z' }]);
    const partition = layout.partitions.find(({ symbols }) => symbols.includes('BRK/B'))!;
    const values = { base: partition.base, interval: '1m', symbol: 'BRK/B', date: '2015-12-23' };
    /** The name of a key: its pattern with the placeholders replaced. */
    const nameOf = (pattern: string) =>
      pattern.replaceAll(/\{(\w+)\}/g, (_, word: keyof typeof values) => values[word]);
    const redis = new Redis(process.env['SESSION_REDIS_URL']!);
    try {
      // A bitmap of 390 slots takes 56 bytes, a record of a bar 48.
      expect(await redis.strlen(nameOf(layout.keys['chunk']!))).toBe(56 + 48 * 390);
      expect(await redis.hget(nameOf(layout.keys['meta']!), 'incarnation')).toBe(partition.stamp);
    } finally {
      redis.disconnect();
    }
  });
});

describe('GET /v1/sessions/{id}/difference', () => {
  const difference = (id: string, other: string) =>
    user().ok<DifferenceAnswer>('GET', `/v1/sessions/${id}/difference?with=${other}`);

  it('compares two sessions on the days and symbols that both have, and finds them equal', async () => {
    expect(await difference('whole', 'same')).toEqual({
      equal: true,
      first: null,
      compared: { symbols: 2, days: 3 },
    });
  });

  it('shows the earliest bar that differs, as each session has it', async () => {
    const found = await difference('whole', 'other');
    expect(found).toMatchObject({ equal: false, compared: { symbols: 3, days: 2 } });
    const { symbol, date, slotTime, mine, other } = found.first!;
    expect([symbol, date, slotTime]).toEqual(['aaa', '2015-12-24', '2015-12-24T14:40:00.000Z']);
    expect(other).toEqual({ ...mine, volume: mine!.volume + 1 });
    // When `other` is the first of the two sessions, `mine` is the changed bar.
    const { first } = await difference('other', 'same');
    expect([first!.symbol, first!.mine!.volume]).toEqual(['aaa', other!.volume]);
  });

  it('answers 404 when the other session does not exist, and 400 when none is given', async () => {
    const path = '/v1/sessions/whole/difference';
    expect(await user().call('GET', `${path}?with=none`)).toMatchObject({ status: 404 });
    expect(await user().call('GET', path)).toMatchObject({ status: 400, body: { problems: [{ field: 'with' }] } });
  });
});

describe('GET /v1/queues', () => {
  it('shows the queues to an operator, and to no other caller', async () => {
    const { queues } = await admin().ok<QueuesAnswer>('GET', '/v1/queues');
    expect(queues.map(({ name }) => name)).toEqual(['stream', 'detect-gaps', 'backfill', 'aggregate']);
    expect(await user().call('GET', '/v1/queues')).toMatchObject({
      status: 403,
      body: { type: 'urn:barkeep:problem:forbidden' },
    });
  });
});
