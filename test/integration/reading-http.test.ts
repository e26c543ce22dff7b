/**
 * A session on the user's own calendar, read through the API: bars that are filled forward, and coordinators that know the
 * calendar, do not know it, or find its file wrong.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CalendarBook, parseCalendar, SESSION_STATES, useCalendars } from '@barkeep/bars';
import { Redis } from 'ioredis';
import { z } from 'zod';
import * as answers from '@barkeep/api';
import { Api } from '../support/system/api.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';
import { coordinatorProcess, startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';
import { marketBars, writeBars } from '../support/data/market.js';

const MINUTE = 60_000;
/** Trades on Mondays and Wednesdays, 90 minutes. */
const MARS = {
  id: 'MARS',
  name: 'A venue of one’s own',
  zone: 'UTC',
  firstDate: '2024-01-01',
  lastDate: '2024-12-31',
  hours: [{ from: '2024-01-01', weekdays: ['Mon', 'Wed'], segments: [{ open: '09:00', close: '10:30' }] }],
};
const DATES = { calendar: 'MARS', start: '2024-03-04', end: '2024-03-06' };
const [FIRST_OPEN, LAST_CLOSE] = [Date.UTC(2024, 2, 4, 9), Date.UTC(2024, 2, 6, 10, 30)];
const barsAnswer = z.array(answers.barAnswer);

/** The environment that two coordinators of one deployment share. */
const deployment = () => ({ DATABASE_URL: database.url, BARKEEP_SESSION_PREFIX: 'reading-http' });
let database: TestDatabase;
let folder: string;
let coordinator: SystemProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'barkeep-calendars-'));
  await writeFile(join(folder, 'mars.json'), JSON.stringify(MARS));
  useCalendars(new CalendarBook([parseCalendar(MARS)]));
  const market = marketBars({ ...DATES, symbols: ['AAA'], seed: 1 });
  // Of 180 slots 92 have bars. None has slots 0 to 4 and 20 to 22 of the first day, and slots from 10 on of the second.
  const hasBar = (slot: number) => slot >= 5 && (slot < 20 || slot >= 23) && slot < 90 + 10;
  market.set(
    'AAA',
    market.get('AAA')!.filter((_, slot) => hasBar(slot)),
  );
  await writeBars(database.url, 'minutes', market);
  coordinator = await startCoordinatorProcess({ ...deployment(), BARKEEP_CALENDARS_DIR: folder });
  const source = { type: 'dataset', dataset: 'minutes' };
  const upkeep = { enabled: false, barrier: 'none' };
  const api = new Api(coordinator.url);
  await api.run({ ...DATES, id: 'mars', symbols: ['AAA', 'EMPTY'], derivedIntervals: [], source, upkeep });
  await api.completed('mars');
});

afterAll(async () => {
  useCalendars(new CalendarBook());
  await coordinator?.signal('SIGTERM');
  await rm(folder, { recursive: true });
  await database?.drop();
});

const get = (path: string) => fetch(`${coordinator.url}/v1/sessions/mars${path}`);
const read = async (path: string) => barsAnswer.parse(await (await get(`/symbols/AAA/bars${path}`)).json());

test('fill=forward fills the slots after the first bar, and those of a range', async () => {
  expect(await read('?last=500')).toHaveLength(92);
  expect(await read('?last=500&fill=none')).toHaveLength(92);
  const filled = await read('?last=500&fill=forward');
  // 180 slots without the first five, before which there is no close.
  expect(filled).toHaveLength(175);
  expect(filled.filter(({ origin }) => origin === 'filled-forward')).toHaveLength(175 - 92);
  expect(Date.parse(filled[0]!.openTime)).toBe(FIRST_OPEN + 5 * MINUTE);
  expect(Date.parse(filled.at(-1)!.closeTime)).toBe(LAST_CLOSE);
  // Slots 19 to 23: the hole, and the bars before and after it.
  const from = new Date(FIRST_OPEN + 19 * MINUTE).toISOString();
  const to = new Date(FIRST_OPEN + 24 * MINUTE).toISOString();
  const bars = await read(`?from=${from}&to=${to}&fill=forward`);
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
  const latest = answers.barAnswer.parse(await (await get('/symbols/AAA/bars/latest?fill=forward')).json());
  expect(latest).toMatchObject({ origin: 'filled-forward', closeTime: new Date(LAST_CLOSE).toISOString() });
  const latestAnswer = z.record(z.string(), answers.barAnswer.nullable());
  expect(latestAnswer.parse(await (await get('/latest?symbols=AAA,EMPTY&fill=forward')).json())).toEqual({
    AAA: latest,
    EMPTY: null,
  });
  expect((await get('/symbols/EMPTY/bars/latest?fill=forward')).status).toBe(404);
});

test('an unknown value of fill is refused, and the answer lists the known ones', async () => {
  const response = await get('/symbols/AAA/bars?fill=backward');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ problems: [{ field: 'fill', expected: 'one of none, forward' }] });
});

test('a coordinator without the calendar reads a session by the days that are stored with it, and can delete one', async () => {
  const other = await startCoordinatorProcess(deployment());
  try {
    const list = answers.sessionPageAnswer.parse(await (await fetch(`${other.url}/v1/sessions`)).json());
    expect(list.sessions).toMatchObject([{ id: 'mars', state: 'completed', clock: '2024-03-06T10:30:00.000Z' }]);
    expect((await fetch(`${other.url}/v1/sessions/mars/symbols/AAA/bars`)).status).toBe(200);
    const headers = { 'Content-Type': 'application/json' };
    const copy = JSON.stringify({ ...list.sessions[0]!.spec, id: 'mars-2' });
    const url = `${coordinator.url}/v1/sessions`;
    expect((await fetch(`${url}?start=true`, { method: 'POST', headers, body: copy })).status).toBe(201);
    expect((await fetch(`${other.url}/v1/sessions/mars-2`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(`${url}/mars-2`)).status).toBe(404);
  } finally {
    await other.signal('SIGTERM');
  }
});

test('without calendar and stored days a coordinator lists a session, and says why its bars cannot be read', async () => {
  await queryDatabase(database.url, 'UPDATE sessions SET days = NULL');
  const other = await startCoordinatorProcess(deployment());
  try {
    const list = answers.sessionPageAnswer.parse(await (await fetch(`${other.url}/v1/sessions`)).json());
    expect(list.sessions).toMatchObject([{ id: 'mars', state: 'completed', clock: null }]);
    const response = await fetch(`${other.url}/v1/sessions/mars/symbols/AAA/bars`);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ type: 'urn:barkeep:problem:unknown-calendar' });
  } finally {
    await other.signal('SIGTERM');
  }
});

test('I9 without calendar and stored days a coordinator can delete a session in every state, and leaves no key', async () => {
  const api = new Api(coordinator.url);
  const { spec } = await api.session('mars');
  const redis = new Redis(process.env['SESSION_REDIS_URL']!);
  const keys = () => redis.keys('reading-http:{gone-*');
  // One session for each state. It gets its state later, in the database.
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
  const other = await startCoordinatorProcess(deployment());
  try {
    for (const id of ids) await new Api(other.url).ok('DELETE', `/v1/sessions/${id}`);
    expect(await keys()).toEqual([]);
    // Only `mars` is left.
    expect((await new Api(other.url).ok<answers.SessionPageAnswer>('GET', '/v1/sessions')).sessions).toHaveLength(1);
  } finally {
    await other.signal('SIGTERM');
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
