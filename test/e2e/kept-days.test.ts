/**
 * A session keeps the trading days that it was created with, even if its calendar's file changes later.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import type { Bar } from '@barkeep/bars';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/system/api.js';
import { writeBars } from '../support/data/market.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DATES = { calendar: 'MARS', start: '2024-03-04', end: '2024-03-06' };
const SPEC = { ...DATES, symbols: ['AAA'], source: { type: 'dataset', dataset: 'all-day' }, derivedIntervals: ['1h'] };

/** A venue that trades on these weekdays from 09:00 to `close` in Berlin. The dates of the spec are Mon, Tue and Wed. */
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
/** The running coordinator and worker. */
let processes: SystemProcess[] = [];
let api: Api;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-calendars-'));
  system = await TestSystem.create({ BARKEEP_CALENDARS_DIR: folder });
  // A bar in every minute of the three dates, so that the calendar alone decides which bars a session has.
  const start = Date.parse(DATES.start);
  const bars = Array.from({ length: 3 * 1440 }, (_, minute): Bar => {
    const price = 1 + minute;
    return { openTime: start + minute * 60_000, open: price, high: price + 1, low: price, close: price, volume: 1 };
  });
  await writeBars(system.databaseUrl, 'all-day', new Map([['AAA', bars]]));
});

afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true });
});

/** Stops the running processes and starts new ones with this calendar. */
async function restartWith(weekdays: string[], close: string): Promise<void> {
  await Promise.all(processes.map((process) => process.signal('SIGTERM')));
  await writeFile(join(folder, 'mars.json'), JSON.stringify(calendar(weekdays, close)));
  processes = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(processes[0]!.url);
}

/** Waits for the end of a session. @returns those of its results that depend on its trading days */
async function resultsOf(id: string) {
  await api.completed(id);
  const { expected, filled } = await api.metrics(id, 'AAA');
  const { daysHash } = await api.ok<{ daysHash: string }>('GET', `/v1/sessions/${id}/certificate`);
  return { expected, filled, daysHash, digest: await api.digest(id) };
}

it('I1 a corrected calendar changes only sessions that are created later', async () => {
  await restartWith(['Mon', 'Wed'], '10:30');
  await api.run({ ...SPEC, id: 'before' });
  const before = await resultsOf('before');
  expect(before).toMatchObject({ expected: 2 * 90, filled: 2 * 90 }); // two days of 90 minutes
  await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'started-later' });

  await restartWith(['Mon', 'Tue', 'Wed'], '11:00');
  expect(await resultsOf('before')).toEqual(before);
  // Creating a session with the same spec again returns the existing session.
  expect((await api.call('POST', '/v1/sessions', { ...SPEC, id: 'before' })).status).toBe(200);
  const lastHours = await api.bars('before', 'AAA', 'last=1&interval=1h');
  expect(lastHours).toMatchObject([{ closeTime: '2024-03-06T09:30:00.000Z' }]); // 10:30 in Berlin

  await api.ok('POST', '/v1/sessions/started-later/start');
  expect(await resultsOf('started-later')).toEqual(before);

  await api.run({ ...SPEC, id: 'after' });
  const after = await resultsOf('after');
  expect(after).toMatchObject({ expected: 3 * 120, filled: 3 * 120 }); // three days of two hours
  expect(after.daysHash).not.toBe(before.daysHash);
});
