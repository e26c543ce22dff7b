/**
 * A session on the user's own calendar, read through the API: bars that are filled forward, and coordinators that know the
 * calendar, do not know it, or find its file wrong.
 * I9: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BARS_MAX, type SessionPageAnswer } from '@barkeep/api';
import { CalendarBook, parseCalendar, SESSION_STATES, useCalendars } from '@barkeep/bars';
import { connect, CoordinatorClient } from '@barkeep/client';
import { Redis } from 'ioredis';
import { marketBars, writeBars } from '../support/data/market.js';
import { MARS, MARS_DATES, MARS_SLOTS } from '../support/data/mars.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';
import { Api, type ApiBar } from '../support/system/api.js';
import { coordinatorProcess, startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';

const MINUTE = 60_000;
/** The first open and the last close of MARS_DATES. */
const [FIRST_OPEN, LAST_CLOSE] = [Date.UTC(2024, 2, 4, 8), Date.UTC(2024, 2, 6, 13)];
/** Bars of AAA: it lacks slots 0 to 4 and 20 to 22 of the first day, and all but the first ten of the second day. */
const BAR_COUNT = MARS_SLOTS - 5 - 3 + 10;
const PREFIX = 'reading-http';

let database: TestDatabase;
let calendarsFolder: string;
let coordinator: SystemProcess;
let api: Api;

/** The environment that all coordinators of the deployment share. */
const deployment = () => ({ DATABASE_URL: database.url, BARKEEP_SESSION_PREFIX: PREFIX });

beforeAll(async () => {
  database = await createTestDatabase();
  calendarsFolder = await mkdtemp(join(tmpdir(), 'barkeep-calendars-'));
  await writeFile(join(calendarsFolder, 'mars.json'), JSON.stringify(MARS));
  useCalendars(new CalendarBook([parseCalendar(MARS)]));
  const whole = marketBars({ ...MARS_DATES, symbols: ['AAA'], seed: 1 }).get('AAA')!;
  const bars = [...whole.slice(5, 20), ...whole.slice(23, MARS_SLOTS + 10)];
  await writeBars(database.url, 'minutes', new Map([['AAA', bars]]));
  coordinator = await startCoordinatorProcess({ ...deployment(), BARKEEP_CALENDARS_DIR: calendarsFolder });
  api = new Api(coordinator.url);
  const source = { type: 'dataset', dataset: 'minutes' };
  const upkeep = { enabled: false, barrier: 'none' };
  await api.run({ ...MARS_DATES, id: 'mars', symbols: ['AAA', 'EMPTY'], derivedIntervals: [], source, upkeep });
  await api.completed('mars');
});

afterAll(async () => {
  useCalendars(new CalendarBook());
  await coordinator?.signal('SIGTERM');
  await rm(calendarsFolder, { recursive: true });
  await database?.drop();
});

/** Runs an action with another coordinator of the deployment, which does not have the calendar. */
async function withoutCalendar(action: (other: Api) => Promise<void>): Promise<void> {
  const other = await startCoordinatorProcess(deployment());
  try {
    await action(new Api(other.url));
  } finally {
    await other.signal('SIGTERM');
  }
}

/** The sessions that a coordinator lists. */
const listOf = async (some: Api) => (await some.ok<SessionPageAnswer>('GET', '/v1/sessions')).sessions;

test('fill=forward fills the slots after the first bar, and those of a range', async () => {
  const read = (query: string) => api.bars('mars', 'AAA', query);
  expect(await read('last=500')).toHaveLength(BAR_COUNT);
  expect(await read('last=500&fill=none')).toHaveLength(BAR_COUNT);
  const filled = await read('last=500&fill=forward');
  // There is no close before the first bar, which is in slot 5.
  const shown = 2 * MARS_SLOTS - 5; // MARS trades on two of the dates
  expect(filled).toHaveLength(shown);
  expect(filled.filter(({ origin }) => origin === 'filled-forward')).toHaveLength(shown - BAR_COUNT);
  expect(Date.parse(filled[0]!.openTime)).toBe(FIRST_OPEN + 5 * MINUTE);
  expect(Date.parse(filled.at(-1)!.closeTime)).toBe(LAST_CLOSE);

  // The bar in slot 19, the empty slots 20 to 22, and the bar in slot 23.
  const [from, to] = [19, 24].map((slot) => new Date(FIRST_OPEN + slot * MINUTE).toISOString());
  const bars = await read(`from=${from}&to=${to}&fill=forward`);
  expect(bars.map(({ origin, sourceCount }) => [origin, sourceCount])).toEqual([
    ['streamed', 1],
    ['filled-forward', 0],
    ['filled-forward', 0],
    ['filled-forward', 0],
    ['streamed', 1],
  ]);
  const { close } = bars[0]!;
  expect(bars[2]).toMatchObject({ open: close, close, volume: 0, complete: false });
});

test('fill=forward fills the latest bars too, except of a symbol without a bar', async () => {
  const latest = await api.ok<ApiBar>('GET', '/v1/sessions/mars/symbols/AAA/bars/latest?fill=forward');
  expect(latest).toMatchObject({ origin: 'filled-forward', closeTime: new Date(LAST_CLOSE).toISOString() });
  const latestOfBoth = await api.ok('GET', '/v1/sessions/mars/latest?symbols=AAA,EMPTY&fill=forward');
  expect(latestOfBoth).toEqual({ AAA: latest, EMPTY: null });
  const ofEmpty = await api.call('GET', '/v1/sessions/mars/symbols/EMPTY/bars/latest?fill=forward');
  expect(ofEmpty.status).toBe(404);
});

describe('more bars than one answer may have', () => {
  const FROM = '2024-03-04T00:00:00Z';
  /** The end of the first `slots` minutes after FROM, which are all slots, because the session trades around the clock. */
  const endOf = (slots: number) => new Date(Date.parse(FROM) + slots * MINUTE).toISOString();
  /** The slots of the session's eight days: more than BARS_MAX. */
  const SLOTS = 8 * 24 * 60;

  beforeAll(async () => {
    const first = { openTime: Date.parse(FROM), open: 1, high: 1, low: 1, close: 1, volume: 1 };
    await writeBars(database.url, 'one-bar', new Map([['AAA', [first]]]));
    const source = { type: 'dataset', dataset: 'one-bar' };
    const dates = { calendar: '24/7', start: '2024-03-04', end: '2024-03-11' };
    await api.run({ ...dates, id: 'long', symbols: ['AAA'], source, upkeep: { enabled: false } });
    await api.completed('long');
  });
  afterAll(() => api.ok('DELETE', '/v1/sessions/long'));

  it('have a link to the next page, unless the page reaches the end of the range', async () => {
    const path = (to: string) => `/v1/sessions/long/symbols/AAA/bars?fill=forward&from=${FROM}&to=${to}`;
    const linkOf = async (to: string) => (await fetch(coordinator.url + path(to))).headers.get('link');
    expect(await linkOf(endOf(BARS_MAX))).toBeNull();
    const next = /^<(.+)>; rel="next"$/.exec((await linkOf(endOf(SLOTS)))!)![1]!;
    const rest = await api.ok<ApiBar[]>('GET', next);
    expect(rest).toHaveLength(SLOTS - BARS_MAX);
    expect(rest[0]!.openTime).toBe(endOf(BARS_MAX));
  });

  it('are read by a reader of the client library', async () => {
    const barkeep = connect({
      coordinator: coordinator.url,
      redis: process.env['SESSION_REDIS_URL'],
      keyPrefix: PREFIX,
    });
    const reader = await barkeep.session('long').reader();
    const filled = { fill: 'forward' } as const;
    expect(await reader.barsBetween('AAA', '1m', 0, Infinity, undefined, filled)).toHaveLength(SLOTS);
    expect(await reader.barsSince('AAA', '1m', 0, undefined, filled)).toHaveLength(SLOTS);
    expect(await reader.barsSince('AAA', '1m', 0, 3, filled)).toHaveLength(3);
    await barkeep.close();
  });

  it.each([
    [endOf(SLOTS), SLOTS],
    [undefined, SLOTS],
    [endOf(BARS_MAX), BARS_MAX],
  ])('are read by a client of the coordinator, up to %s', async (to, count) => {
    const client = new CoordinatorClient(coordinator.url, undefined, new AbortController().signal);
    const bars = await client.bars('long', 'AAA', { from: FROM, to, fill: 'forward' });
    expect(bars.map(({ openTime }) => openTime)).toEqual(Array.from({ length: count }, (_, slot) => endOf(slot)));
  });
});

test('an unknown value of fill is refused, and the answer lists the known ones', async () => {
  expect(await api.call('GET', '/v1/sessions/mars/symbols/AAA/bars?fill=backward')).toMatchObject({
    status: 400,
    body: { problems: [{ field: 'fill', expected: 'one of none, forward' }] },
  });
});

test('a coordinator without the calendar reads a session by the days that are stored with it, and can delete one', async () => {
  await withoutCalendar(async (other) => {
    const [session, ...rest] = await listOf(other);
    expect(session).toMatchObject({ id: 'mars', state: 'completed', clock: '2024-03-06T13:00:00.000Z' });
    expect(rest).toEqual([]);
    expect((await other.call('GET', '/v1/sessions/mars/symbols/AAA/bars')).status).toBe(200);
    const copied = await api.call('POST', '/v1/sessions?start=true', { ...session!.spec, id: 'mars-2' });
    expect(copied.status).toBe(201);
    expect((await other.call('DELETE', '/v1/sessions/mars-2')).status).toBe(204);
    expect((await api.call('GET', '/v1/sessions/mars-2')).status).toBe(404);
  });
});

test('without calendar and stored days a coordinator lists a session, and says why its bars cannot be read', async () => {
  await queryDatabase(database.url, 'UPDATE sessions SET days = NULL');
  await withoutCalendar(async (other) => {
    expect(await listOf(other)).toMatchObject([{ id: 'mars', state: 'completed', clock: null }]);
    expect(await other.call('GET', '/v1/sessions/mars/symbols/AAA/bars')).toMatchObject({
      status: 409,
      body: { type: 'urn:barkeep:problem:unknown-calendar' },
    });
  });
});

test('I9 without calendar and stored days a coordinator can delete a session in every state, and leaves no key', async () => {
  const { spec } = await api.session('mars');
  const redis = new Redis(process.env['SESSION_REDIS_URL']!);
  const keys = () => redis.keys(`${PREFIX}:{gone-*`);
  // One session for each state. All but `gone-created` run to their end, and get their state later, in the database.
  const ids = SESSION_STATES.map((state) => `gone-${state}`);
  const started = ids.filter((id) => id !== 'gone-created');
  await api.ok('POST', '/v1/sessions', { ...spec, id: 'gone-created' });
  for (const id of started) await api.run({ ...spec, id });
  for (const id of started) await api.completed(id);
  // This session also has a changed list of symbols.
  await api.ok('DELETE', '/v1/sessions/gone-stopped/symbols/EMPTY');
  await coordinator.signal('SIGTERM');
  const setState = `UPDATE sessions SET days = NULL, state = replace(id, 'gone-', '') WHERE id LIKE 'gone-%'`;
  await queryDatabase(database.url, setState);
  expect((await keys()).length).toBeGreaterThan(ids.length);
  try {
    await withoutCalendar(async (other) => {
      for (const id of ids) await other.ok('DELETE', `/v1/sessions/${id}`);
      expect(await keys()).toEqual([]);
      expect((await listOf(other)).map(({ id }) => id)).toEqual(['mars']);
    });
  } finally {
    redis.disconnect();
  }
});

test('a coordinator with a wrong calendar file does not start, and names file and field', async () => {
  const bad = await mkdtemp(join(tmpdir(), 'barkeep-calendars-'));
  await writeFile(join(bad, 'venus.json'), JSON.stringify({ ...MARS, id: 'VENUS', hours: [] }));
  const started = coordinatorProcess({ DATABASE_URL: database.url, BARKEEP_CALENDARS_DIR: bad });
  const [code] = await once(started.child, 'exit');
  expect(code).toBe(1);
  expect(started.log).toMatch(
    /could not start: calendar file .*venus\.json: hours: expected at least 1 entry, was \[\]/,
  );
  await rm(bad, { recursive: true });
});
