/** Sessions and commands on a calendar of the user's own, which is a file and not one of the shipped calendars. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CalendarBook, parseCalendar, SessionCalendarError, useCalendars } from '@barkeep/client';
import { openSession } from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { BARKEEP } from '../support/programs/barkeep-command.js';
import { MARS, MARS_DATES, MARS_SLOTS } from '../support/data/mars.js';
import { flushUpTo, StoreServer } from '../support/sessions/session-store.js';

const server = new StoreServer();

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
  const store = await server.begin(
    server.layout({ ...MARS_DATES, symbols: ['AAA'], derivedIntervals: ['1h'], source }),
  );
  await flushUpTo(store, marketBars({ ...MARS_DATES, symbols: ['AAA'], seed: 1 }), store.layout.end);
  await store.writer.moveClock(store.layout.end);
  const open = () => openSession(server.redis, server.prefix, store.layout.id);
  expect(await (await open()).barCount('AAA')).toBe(2 * MARS_SLOTS);

  useCalendars(new CalendarBook());
  await expect(open()).rejects.toThrow(SessionCalendarError);
  await expect(open()).rejects.toThrow(/expected its calendar to be one of XNYS.*was "MARS"/);
});

/** Runs `barkeep calendar` with the folder of calendars. */
function barkeepCalendar(...args: string[]) {
  const env = { PATH: process.env['PATH'], BARKEEP_CALENDARS_DIR: folder };
  return promisify(execFile)(process.execPath, [BARKEEP, 'calendar', ...args], { env });
}

/** The days that `barkeep calendar show` prints. */
async function shownDays(calendar: string, from: string, to: string): Promise<unknown[]> {
  const { stdout } = await barkeepCalendar('show', calendar, '--from', from, '--to', to, '--json');
  return JSON.parse(stdout) as unknown[];
}

test('barkeep calendar show prints the days of a calendar of the folder, and of a shipped one', async () => {
  // MARS trades on Mondays and Wednesdays: on 25 and 27 March, and on 1 April.
  const [monday, _wednesday, ...april] = await shownDays('MARS', '2024-03-25', '2024-04-02');
  expect(monday).toMatchObject({
    segments: [
      { open: '2024-03-25T08:00:00.000Z', close: '2024-03-25T09:30:00.000Z' },
      { open: '2024-03-25T12:00:00.000Z', close: '2024-03-25T13:00:00.000Z' },
    ],
  });
  // Summer time began on 31 March: the same local hours are an hour earlier in UTC.
  expect(april).toEqual([
    {
      date: '2024-04-01',
      segments: [
        { open: '2024-04-01T07:00:00.000Z', close: '2024-04-01T08:30:00.000Z' },
        { open: '2024-04-01T11:00:00.000Z', close: '2024-04-01T12:00:00.000Z' },
      ],
      slotCount: MARS_SLOTS,
    },
  ]);
  // XNYS trades on 24 December, and not on Christmas and the weekend after it.
  const halfDay = {
    date: '2015-12-24',
    segments: [{ open: '2015-12-24T14:30:00.000Z', close: '2015-12-24T18:00:00.000Z' }],
    slotCount: 210,
  };
  expect(await shownDays('XNYS', '2015-12-24', '2015-12-27')).toEqual([halfDay]);
});

test('barkeep calendar check accepts a valid file', async () => {
  const { stdout } = await barkeepCalendar('check', join(folder, 'mars.json'), '--json');
  expect(JSON.parse(stdout)).toMatchObject({ id: 'MARS', zone: 'Europe/Berlin', ok: true });
});

test.each([
  [
    'names each wrong field',
    { firstDate: '2024-02-30', hours: [] },
    /bad\.txt: firstDate: expected .*; hours: expected at least 1 entry, was \[\]/,
  ],
  ['refuses the id of a shipped calendar', { id: 'XNYS' }, /"XNYS"/],
])('barkeep calendar check %s', async (_what, wrongFields, message) => {
  // The name ends in `.txt`, because programs read every `.json` file of the folder, and these must be valid.
  const bad = join(folder, 'bad.txt');
  await writeFile(bad, JSON.stringify({ ...MARS, ...wrongFields }));
  const check = barkeepCalendar('check', bad);
  await expect(check).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
});
