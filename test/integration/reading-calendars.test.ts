/** Sessions and commands on a calendar of the user's own, which is a file and not one of the shipped calendars. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CalendarBook, parseCalendar, SessionCalendarError, useCalendars } from '@barkeep/client';
import { openSession } from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { flushUpTo, StoreServer } from '../support/sessions/session-store.js';

const server = new StoreServer();
/** Trades on Mondays and Wednesdays, 150 minutes in two segments. */
const MARS = {
  id: 'MARS',
  name: 'A venue of one’s own',
  zone: 'Europe/Berlin',
  firstDate: '2024-01-01',
  lastDate: '2024-12-31',
  hours: [
    {
      from: '2024-01-01',
      weekdays: ['Mon', 'Wed'],
      segments: [
        { open: '09:00', close: '10:30' },
        { open: '13:00', close: '14:00' },
      ],
    },
  ],
};
const DATES = { calendar: 'MARS', start: '2024-03-04', end: '2024-03-06' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-calendars-'));
  await writeFile(join(folder, 'mars.json'), JSON.stringify(MARS));
});
afterAll(async () => {
  useCalendars(new CalendarBook());
  await rm(folder, { recursive: true });
  await server.close();
});

test('a session is read where its calendar is known; where it is not, the error names it', async () => {
  useCalendars(new CalendarBook([parseCalendar(MARS)]));
  const source = { type: 'dataset', dataset: 'stream' };
  const store = await server.begin(server.layout({ ...DATES, symbols: ['AAA'], derivedIntervals: ['1h'], source }));
  await flushUpTo(store, marketBars({ ...DATES, symbols: ['AAA'], seed: 1 }), store.layout.end);
  await store.writer.moveClock(store.layout.end);
  const open = () => openSession(server.redis, server.prefix, store.layout.id);
  expect(await (await open()).barCount('AAA')).toBe(2 * 150);

  useCalendars(new CalendarBook());
  await expect(open()).rejects.toThrow(SessionCalendarError);
  await expect(open()).rejects.toThrow(/expected its calendar to be one of XNYS.*was "MARS"/);
});

/** Runs `barkeep` with the folder of calendars. */
function barkeep(...args: string[]) {
  const env = { PATH: process.env['PATH'], BARKEEP_CALENDARS_DIR: folder };
  return promisify(execFile)(process.execPath, [join(__dirname, '../../apps/cli/bin/barkeep.js'), ...args], { env });
}

test('barkeep calendar show prints the days of a calendar of the folder, and of a shipped one', async () => {
  const { stdout } = await barkeep('calendar', 'show', 'MARS', '--from', '2024-03-25', '--to', '2024-04-02', '--json');
  // Summer time begins on 31 March: the same local hours are an hour earlier in UTC.
  const summerDay = (date: string) => ({
    date,
    segments: [
      { open: `${date}T07:00:00.000Z`, close: `${date}T08:30:00.000Z` },
      { open: `${date}T11:00:00.000Z`, close: `${date}T12:00:00.000Z` },
    ],
    slotCount: 150,
  });
  const [monday, _wednesday, ...april] = JSON.parse(stdout) as { segments: unknown[] }[];
  expect(monday!.segments[0]).toEqual({ open: '2024-03-25T08:00:00.000Z', close: '2024-03-25T09:30:00.000Z' });
  expect(april).toEqual([summerDay('2024-04-01')]);
  const halfDay = await barkeep('calendar', 'show', 'XNYS', '--from', '2015-12-24', '--to', '2015-12-27', '--json');
  expect(JSON.parse(halfDay.stdout)).toEqual([
    {
      date: '2015-12-24',
      segments: [{ open: '2015-12-24T14:30:00.000Z', close: '2015-12-24T18:00:00.000Z' }],
      slotCount: 210,
    },
  ]);
});

test('barkeep calendar check accepts a right file, names each wrong field, and refuses the id of a shipped calendar', async () => {
  const { stdout } = await barkeep('calendar', 'check', join(folder, 'mars.json'), '--json');
  expect(JSON.parse(stdout)).toMatchObject({ id: 'MARS', zone: 'Europe/Berlin', ok: true });
  const bad = join(folder, 'bad.txt');
  await writeFile(bad, JSON.stringify({ ...MARS, firstDate: '2024-02-30', hours: [] }));
  await expect(barkeep('calendar', 'check', bad)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/bad\.txt: firstDate: expected .*; hours: expected at least 1 entry, was \[\]/),
  });
  await writeFile(bad, JSON.stringify({ ...MARS, id: 'XNYS' }));
  await expect(barkeep('calendar', 'check', bad)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/"XNYS"/),
  });
});
