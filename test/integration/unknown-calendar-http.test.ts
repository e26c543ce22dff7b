/**
 * Coordinators that do not have the calendar of a session, or find its file wrong. A session works by the days that are stored with it.
 * I9: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionPageAnswer } from '@barkeep/api';
import { SESSION_STATES } from '@barkeep/bars';
import { Redis } from 'ioredis';
import { MARS } from '../support/data/mars.js';
import { queryDatabase } from '../support/setup/database.js';
import type { Api } from '../support/system/api.js';
import { MarsSystem } from '../support/system/mars-system.js';
import { coordinatorProcess } from '../support/system/system.js';

let mars: MarsSystem;
let api: Api;
beforeAll(async () => {
  mars = await MarsSystem.start('unknown-calendar');
  ({ api } = mars);
});
afterAll(() => mars?.close());

/** The sessions that a coordinator lists. */
const listOf = async (some: Api) => (await some.ok<SessionPageAnswer>('GET', '/v1/sessions')).sessions;

test('a coordinator without the calendar reads a session by the days that are stored with it, and can delete one', async () => {
  await mars.withoutCalendar(async (other) => {
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
  await queryDatabase(mars.database.url, 'UPDATE sessions SET days = NULL');
  await mars.withoutCalendar(async (other) => {
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
  const keys = () => redis.keys(`${mars.prefix}:{gone-*`);
  // One session for each state. All but `gone-created` run to their end, and get their state later, in the database.
  const ids = SESSION_STATES.map((state) => `gone-${state}`);
  const started = ids.filter((id) => id !== 'gone-created');
  await api.ok('POST', '/v1/sessions', { ...spec, id: 'gone-created' });
  for (const id of started) await api.run({ ...spec, id });
  for (const id of started) await api.completed(id);
  // This session also has a changed list of symbols.
  await api.ok('DELETE', '/v1/sessions/gone-stopped/symbols/EMPTY');
  await mars.coordinator.signal('SIGTERM');
  const setState = `UPDATE sessions SET days = NULL, state = replace(id, 'gone-', '') WHERE id LIKE 'gone-%'`;
  await queryDatabase(mars.database.url, setState);
  expect((await keys()).length).toBeGreaterThan(ids.length);
  try {
    await mars.withoutCalendar(async (other) => {
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
  const started = coordinatorProcess({ DATABASE_URL: mars.database.url, BARKEEP_CALENDARS_DIR: bad });
  const [code] = await once(started.child, 'exit');
  expect(code).toBe(1);
  expect(started.log).toMatch(
    /could not start: calendar file .*venus\.json: hours: expected at least 1 entry, was \[\]/,
  );
  await rm(bad, { recursive: true });
});
