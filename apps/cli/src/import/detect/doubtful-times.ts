/** Finds what speaks against the reading of a file's times: another zone, closes, swapped dates, lost halves of days. Pure. */
import { FilePlanError, timeText } from '../reading/index.js';
import { areHoursInUtc, hoursElsewhere, hoursText } from './market-hours.js';
import { bareName } from './header-names.js';
import type { SampleBars } from './sample-bars.js';
import { closesOf } from './spacing.js';
import { swappedDates } from './swapped-dates.js';
import { headerZone, isEpoch, lacksZone } from './zones.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Zones whose names stand for an offset all year, while people mean the time of a city. */
const DAYLIGHT_ZONES: Record<string, string> = { EST: 'America/New_York', MST: 'America/Denver' };
const LOCAL_NAME = /local|exchange|^(date|time|datetime|timestamp)([ecmp][sd]t|cest|cet|bst|ist|jst|kst|hkt|msk)$/;

/** The zone of times without an offset may be another one. */
export function doubtfulZone(sample: SampleBars): string | undefined {
  const { file, options, reader, example, walls, isAssumed, head, last } = sample;
  if (!lacksZone(example)) return undefined;
  const name = file.names[file.layout.time] ?? '';
  const byName = options.zone === undefined ? localName(name) : otherZone(name, options.zone);
  if (byName !== undefined) return byName;
  if (isAssumed && file.format !== undefined)
    return `times of ${file.format.name} are those of the broker's server and were read as UTC: give its zone with --tz`;
  const other = isAssumed ? hoursElsewhere(walls) : areHoursInUtc(walls, reader.zone) ? 'UTC' : undefined;
  if (other !== undefined) {
    const hint = isAssumed ? '; if not, with --tz UTC' : '';
    return `times without a zone, from ${hoursText(walls)}, were read in ${reader.zone} and look like a market day in ${other}: if they are, import with --tz ${other}${hint}`;
  }
  const [first] = head;
  const isNewestFirst = first !== undefined && last !== undefined && first.openTime > last.openTime;
  if (!isAssumed || !isNewestFirst) return undefined;
  return (
    'times without a zone were read as UTC, and the newest is first, as in files of Alpha Vantage and Twelve Data, which have the time of ' +
    'the exchange: if so, import with --tz and its zone; if not, with --tz UTC'
  );
}

function localName(name: string): string | undefined {
  if (!LOCAL_NAME.test(bareName(name))) return undefined;
  return `the column "${name}" has local times and they were read as UTC: give their zone with --tz`;
}

/** @param zone the one of --tz */
function otherZone(name: string, zone: string): string | undefined {
  const daylight = DAYLIGHT_ZONES[zone];
  if (daylight !== undefined)
    return `times were read in ${zone}, which has no daylight saving; --tz ${daylight} has it`;
  const says = headerZone(name);
  const isSame = says === zone || (says === 'UTC' && /^(Etc\/)?(UTC|GMT)$/.test(zone));
  if (says === undefined || isSame) return undefined;
  return `the column "${name}" names the zone ${says}, and its times were read in ${zone}`;
}

/** Days and months may have changed places. @throws FilePlanError when they surely have */
export function doubtfulDates({ start, options, example, walls }: SampleBars): string | undefined {
  const swapped = isEpoch(example) ? undefined : swappedDates(walls, example, start.fileName);
  if (swapped?.isSure && options.timeFormat === undefined) throw new FilePlanError('unreadable-time', swapped.detail);
  return swapped?.detail;
}

/** After 12:59 comes 01:00 of the same day: the times are of a clock of twelve hours, without AM and PM. */
export function lostHalfDays({ walls }: SampleBars): string | undefined {
  const hour = (wall: number): number => Math.floor((wall % DAY_MS) / HOUR_MS);
  const day = (wall: number): number => Math.floor(wall / DAY_MS);
  const isTurn = walls.some((wall, index) => {
    const next = walls[index + 1] ?? 0;
    return hour(wall) === 12 && hour(next) === 1 && day(wall) === day(next);
  });
  if (!isTurn || !walls.every((wall) => hour(wall) >= 1 && hour(wall) <= 12)) return undefined;
  return 'the hours are 1 to 12, and 12 comes before 1: were AM and PM lost?';
}

/** A bar of the future has a time that was read wrong. */
export function futureTimes({ times }: SampleBars): string | undefined {
  const latest = times.reduce((max, time) => Math.max(max, time), 0);
  if (latest <= Date.now() + DAY_MS) return undefined;
  return `times such as ${timeText(latest)} are in the future: --time-format says how to read them`;
}

export function closesAsOpens({ file, head, start, options, times }: SampleBars): string | undefined {
  if (options.times !== undefined || file.format?.times === 'close') return undefined;
  const parts = [
    { times: times.slice(0, head.length), isFirst: true, isLast: start.isWhole },
    { times: times.slice(head.length), isFirst: false, isLast: true },
  ];
  const closes = closesOf(parts, options.intervalMs);
  if (closes === undefined) return undefined;
  const [first, last] = closes.map((time) => timeText(time).slice(11, 16));
  return `times look like the closes of bars (a session from ${first}Z to ${last}Z): if they are, import with --times close`;
}
