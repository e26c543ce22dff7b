import { IANAZone } from 'luxon';
import { parseIsoTime, ZoneClock } from './time.js';

const MINUTE_MS = 60_000;

it('a time on a day that its month does not have is not a time', () => {
  for (const text of ['2023-02-29', '2024-02-30T14:30:00Z', '2024-04-31T23:30:00-05:00', '2024-03-32T00:00:00Z'])
    expect(parseIsoTime(text)).toBeNaN();
  for (const text of ['2024-02-29', '2024-01-31T14:30:00Z', '2024-03-01T00:30:00+05:30'])
    expect(parseIsoTime(text)).toBe(new Date(text).getTime());
});

/** A wall time as a {@link ZoneClock} takes it: the epoch ms that it would be in UTC. */
const wall = (text: string) => Date.parse(`${text}Z`);
const utc = (zone: string, text: string) => new Date(new ZoneClock(zone).toUtcMs(wall(text))).toISOString();

/** Every half hour of 2011, when Apia skips a day. Around that year the steps are 11 h 07 min, so that they reach all times of day. */
function* wallTimes(): Generator<number> {
  const [COARSE_MS, FINE_MS] = [667 * MINUTE_MS, 30 * MINUTE_MS];
  for (let ms = wall('1990-01-01T00:00'); ms < wall('2011-01-01T00:00'); ms += COARSE_MS) yield ms;
  for (let ms = wall('2011-01-01T00:00'); ms < wall('2012-01-01T00:00'); ms += FINE_MS) yield ms;
  for (let ms = wall('2012-01-01T00:00'); ms < wall('2027-01-01T00:00'); ms += COARSE_MS) yield ms;
}

describe('wall clock to UTC', () => {
  it.each([
    ['before the skipped hour', 'America/New_York', '2024-03-10T01:59', '2024-03-10T06:59:00.000Z'],
    ['in the skipped hour', 'America/New_York', '2024-03-10T02:30', '2024-03-10T07:00:00.000Z'],
    ['after the skipped hour', 'America/New_York', '2024-03-10T03:00', '2024-03-10T07:00:00.000Z'],
    ['in the repeated hour', 'America/New_York', '2024-11-03T01:30', '2024-11-03T05:30:00.000Z'],
    ['in the repeated hour', 'Europe/Berlin', '2024-10-27T02:30', '2024-10-27T00:30:00.000Z'],
    ['after the repeated hour', 'Europe/Berlin', '2024-10-27T03:00', '2024-10-27T02:00:00.000Z'],
    ['an offset of half an hour', 'Asia/Kolkata', '1997-01-01T09:15', '1997-01-01T03:45:00.000Z'],
    ['a skipped day', 'Pacific/Apia', '2011-12-30T12:00', '2011-12-30T10:00:00.000Z'],
  ])('%s: %s %s is %s', (_what, zone, text, expected) => {
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
    '%s: a later wall time is never an earlier moment, and luxon agrees on every wall time that is not skipped',
    (zone) => {
      const [clock, luxonZone] = [new ZoneClock(zone), IANAZone.create(zone)];
      const wrong: string[] = [];
      let previous = Number.NEGATIVE_INFINITY;
      for (const wallMs of wallTimes()) {
        const utcMs = clock.toUtcMs(wallMs);
        const offsetMinutes = luxonZone.offset(utcMs);
        const luxonAgrees = utcMs + offsetMinutes * MINUTE_MS === wallMs;
        // A skipped wall time becomes the moment of the change, at which the offset differs from that of the minute before.
        const isSkipped = !luxonAgrees && luxonZone.offset(utcMs - MINUTE_MS) !== offsetMinutes;
        if (utcMs < previous) wrong.push(`earlier at ${new Date(wallMs).toISOString()}`);
        if (!luxonAgrees && !isSkipped) wrong.push(`differs at ${new Date(wallMs).toISOString()}`);
        previous = utcMs;
      }
      expect(wrong).toEqual([]);
    },
  );
});
