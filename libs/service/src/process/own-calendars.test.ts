import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CalendarBook, calendarIds, calendarNamed, parseSessionSpec, useCalendars } from '@barkeep/bars';
import { CalendarFileError, useOwnCalendars } from './own-calendars.js';

/** A calendar file: Mondays from 08:00 to 10:00 UTC. */
const VENUE = {
  id: 'MARS',
  name: 'A venue of one’s own',
  zone: 'UTC',
  firstDate: '2024-01-01',
  lastDate: '2024-12-31',
  hours: [{ from: '2024-01-01', weekdays: ['Mon'], segments: [{ open: '08:00', close: '10:00' }] }],
};

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'calendars-'))));
afterEach(async () => {
  useCalendars(new CalendarBook());
  await rm(dir, { recursive: true });
});

/** Writes a file into the folder. */
const put = (name: string, content: unknown) =>
  writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));

/** The message of the error for a folder that cannot be used. */
async function refusal(): Promise<string> {
  const error: unknown = await useOwnCalendars(dir).catch((caught: unknown) => caught);
  if (error instanceof CalendarFileError) return error.message;
  throw new Error('expected a CalendarFileError');
}

describe('the calendars of a folder', () => {
  it('each is known under its id and its aliases, in addition to the shipped calendars', async () => {
    await put('mars.json', { ...VENUE, aliases: ['PHOBOS'] });
    await put('readme.txt', 'not a calendar');
    await put('._mars.json', 'a resource fork of macOS');
    await symlink('somebody@host.1', join(dir, '.#mars.json')); // by which Emacs marks a file that is being changed
    await useOwnCalendars(dir);
    expect(calendarIds().slice(-2)).toEqual(['MARS', 'PHOBOS']);
    expect(
      calendarNamed('PHOBOS')
        .tradingDays('2024-01-01', '2024-01-10')
        .map(({ date }) => date),
    ).toEqual(['2024-01-01', '2024-01-08']);
    expect(calendarNamed('XNYS').id).toBe('XNYS');
  });

  it('the spec of a session can name one', async () => {
    const dates = { start: '2024-01-01', end: '2024-01-31' };
    const spec = { symbols: ['A'], calendar: 'MARS', ...dates, source: { type: 'dataset', dataset: 'd' } };
    expect(() => parseSessionSpec(spec)).toThrow('calendar: expected one of XNYS');
    await put('mars.json', VENUE);
    await useOwnCalendars(dir);
    expect(parseSessionSpec(spec).calendar).toBe('MARS');
    expect(() => parseSessionSpec({ ...spec, end: '2025-01-31' })).toThrow(
      'end: expected a date from 2024-01-01 to 2024-12-31, the known range of MARS',
    );
  });

  it('without a folder only the shipped calendars are known', async () => {
    await useOwnCalendars(undefined);
    expect(calendarIds()).toEqual(new CalendarBook().ids());
  });
});

describe('a folder that cannot be used', () => {
  it('the error names the file and each invalid field', async () => {
    await put('a.json', VENUE);
    await put('b.json', { ...VENUE, id: 'VENUS', zone: 'Nowhere/City', hours: [] });
    const message = await refusal();
    expect(message).toContain(`calendar file ${join(dir, 'b.json')}: `);
    expect(message).toContain('hours: expected at least 1 entry, was []');
    expect(calendarIds()).not.toContain('MARS');
  });

  it('the error names the second of two files with the same id', async () => {
    await put('a.json', VENUE);
    await put('b.json', VENUE);
    expect(await refusal()).toBe(
      `calendar file ${join(dir, 'b.json')}: id: expected a calendar id that is not in use, was "MARS"`,
    );
  });

  it('the error names a file whose id is that of a shipped calendar', async () => {
    await put('a.json', { ...VENUE, id: 'XNAS' });
    expect(await refusal()).toContain('a.json: id: expected a calendar id that is not in use, was "XNAS"');
  });

  it('the error names a file that is not JSON', async () => {
    await put('a.json', '{ "id": ');
    expect(await refusal()).toContain('a.json: expected JSON, was: ');
  });

  it('a folder that does not exist is an error', async () => {
    await expect(useOwnCalendars(join(dir, 'nowhere'))).rejects.toThrow(
      /^calendar folder .*nowhere \(BARKEEP_CALENDARS_DIR\): ENOENT/,
    );
  });
});
