import { IANAZone } from 'luxon';
import { ZoneClock } from './time.js';

const wall = (text: string) => Date.parse(`${text}Z`);
const utc = (zone: string, text: string) => new Date(new ZoneClock(zone).toUtcMs(wall(text))).toISOString();

describe('wall clock to UTC', () => {
  it.each([
    ['America/New_York', '2024-03-10T01:59', '2024-03-10T06:59:00.000Z'],
    ['America/New_York', '2024-03-10T02:30', '2024-03-10T07:00:00.000Z'],
    ['America/New_York', '2024-03-10T03:00', '2024-03-10T07:00:00.000Z'],
    ['America/New_York', '2024-11-03T01:30', '2024-11-03T05:30:00.000Z'],
    ['Europe/Berlin', '2024-10-27T02:30', '2024-10-27T00:30:00.000Z'],
    ['Europe/Berlin', '2024-10-27T03:00', '2024-10-27T02:00:00.000Z'],
    ['Asia/Kolkata', '1997-01-01T09:15', '1997-01-01T03:45:00.000Z'],
    ['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T10:00:00.000Z'],
  ])('%s %s is %s', (zone, text, expected) => {
    expect(utc(zone, text)).toBe(expected);
  });

  it.each([
    'America/New_York',
    'Europe/London',
    'Asia/Hong_Kong',
    'Africa/Casablanca',
    'Australia/Lord_Howe',
    'Pacific/Apia',
  ])(
    '%s: a later wall time is never an earlier moment, and only for a skipped one luxon shows another wall time',
    (zone) => {
      const [clock, luxonZone] = [new ZoneClock(zone), IANAZone.create(zone)];
      const wrong: string[] = [];
      let before = Number.NEGATIVE_INFINITY;
      for (const ms of wallTimes()) {
        const found = clock.toUtcMs(ms);
        const offset = luxonZone.offset(found);
        const isOtherWallTime = found + offset * 60_000 !== ms;
        if (found < before) wrong.push(`earlier at ${new Date(ms).toISOString()}`);
        if (isOtherWallTime && luxonZone.offset(found - 60_000) === offset)
          wrong.push(`differs at ${new Date(ms).toISOString()}`);
        before = found;
      }
      expect(wrong).toEqual([]);
    },
  );
});

/** Every half hour of one year, and for the decades around it steps of 11 h 07 min, which cover all times of day. */
function* wallTimes(): Generator<number> {
  for (let ms = wall('1990-01-01T00:00'); ms < wall('2011-01-01T00:00'); ms += 667 * 60_000) yield ms;
  for (let ms = wall('2011-01-01T00:00'); ms < wall('2012-01-01T00:00'); ms += 30 * 60_000) yield ms;
  for (let ms = wall('2012-01-01T00:00'); ms < wall('2027-01-01T00:00'); ms += 667 * 60_000) yield ms;
}
