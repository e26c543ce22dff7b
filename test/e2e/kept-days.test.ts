/** A session keeps the trading days that it was created with, even if its calendar's file changes later. */
import type { Bar } from '@barkeep/bars';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { writeBars } from '../support/data/market.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DATES = { calendar: 'MARS', start: '2024-03-04', end: '2024-03-06' };
const SPEC = { ...DATES, symbols: ['AAA'], source: { type: 'dataset', dataset: 'all-day' }, derivedIntervals: ['1h'] };

/** A venue that trades on these weekdays from 09:00 to `close` in Berlin. */
const calendar = (weekdays: string[], close: string) => ({
  id: 'MARS',
  name: 'A made-up venue',
  zone: 'Europe/Berlin',
  firstDate: '2024-01-01',
  lastDate: '2024-12-31',
  hours: [{ from: '2024-01-01', weekdays, segments: [{ open: '09:00', close }] }],
});

let system: TestSystem;
let folder: string;
let processes: SystemProcess[] = [];
let api: Api;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-calendars-'));
  system = await TestSystem.create({ BARKEEP_CALENDARS_DIR: folder });
  // A bar in every minute of the three dates, so that the calendar alone decides which ones a session has.
  const start = Date.parse('2024-03-04T00:00Z');
  const bars: Bar[] = Array.from({ length: 3 * 1440 }, (_, i) => {
    return { openTime: start + i * 60_000, open: 1 + i, high: 2 + i, low: 1 + i, close: 1 + i, volume: 1 };
  });
  await writeBars(system.databaseUrl, 'all-day', new Map([['AAA', bars]]));
});

afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true });
});

/** Stops the running services and starts new ones with this calendar. */
async function restartWith(weekdays: string[], close: string): Promise<void> {
  await Promise.all(processes.map((process) => process.signal('SIGTERM')));
  await writeFile(join(folder, 'mars.json'), JSON.stringify(calendar(weekdays, close)));
  const [coordinator, worker] = await Promise.all([system.coordinator(), system.worker()]);
  processes = [coordinator, worker];
  api = new Api(coordinator.url);
}

/** Waits for the end of a session. @returns what depends on its trading days */
async function completed(id: string) {
  await api.completed(id);
  const { expected, filled } = await api.metrics(id, 'AAA');
  const { daysHash } = await api.ok<{ daysHash: string }>('GET', `/v1/sessions/${id}/certificate`);
  return { expected, filled, daysHash, digest: await api.digest(id) };
}

it('I1 a corrected calendar changes only sessions that are created later', async () => {
  await restartWith(['Mon', 'Wed'], '10:30');
  await api.run({ ...SPEC, id: 'before' });
  const before = await completed('before');
  expect(before).toMatchObject({ expected: 180, filled: 180 }); // 2 days of 90 minutes
  await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'waits' });

  await restartWith(['Mon', 'Tue', 'Wed'], '11:00');
  expect(await completed('before')).toEqual(before);
  // Creating a session with the same spec again returns the existing session.
  expect((await api.call('POST', '/v1/sessions', { ...SPEC, id: 'before' })).status).toBe(200);
  await api.ok('POST', '/v1/sessions/waits/start');
  expect(await completed('waits')).toEqual(before);
  await api.run({ ...SPEC, id: 'after' });
  const after = await completed('after');
  expect(after).toMatchObject({ expected: 360, filled: 360 }); // 3 days of 120 minutes
  expect(after.daysHash).not.toBe(before.daysHash);
  expect(await api.ok('GET', '/v1/sessions/before/symbols/AAA/bars?last=1&interval=1h')).toMatchObject([
    { closeTime: '2024-03-06T09:30:00.000Z' },
  ]);
});
