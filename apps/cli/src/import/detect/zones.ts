/** Finds what names the zone of a file's times, and looks for signs that they are in another zone than the one in which they were read. */
import { lacksZone } from './field-texts.js';
import { bareName } from './header-names.js';
import type { FileLayout } from './layout.js';
import { areHoursInUtc, hoursElsewhere, hoursText } from './market-hours.js';
import type { SampleBars } from './sample-bars.js';

/** For a zone with the same offset all year, the zone with daylight saving that the user probably means. */
const DAYLIGHT_ZONES: Record<string, string> = { EST: 'America/New_York', MST: 'America/Denver' };
/** The bare name of a column of local times, such as `localtime`, `nytime`, `datetimeest` or `est`. */
const LOCAL_NAME =
  /local|exchange|server|broker|^(ny|newyork|chicago|london|tokyo)(date|time|datetime|timestamp)$|^(date|time|datetime|timestamp)?([ecmp][sd]t|[cew]es?t|bst|ist|jst|kst|hkt|sgt|msk|ae[sd]t|eest?|eet)$/;
/** The bare name of a column with an offset other than 0, such as `Time (UTC+8)`. */
const OFFSET_NAME = /(utc|gmt)0*[1-9]/;

/** The bare name of a column of zones or of offsets from UTC. */
const ZONE_COLUMN = /^(timezone|tz|tzname|zone|exchangetimezone|(utc|gmt|tz)offset)$/;
/** A zone that is UTC, or no offset from it, such as `Etc/UTC`, `UTC+00:00` or `0.0`. */
const UTC_ZONE = /^(z|zulu|(etc\/)?(utc|gmt)?([+-]?0+([:.]0+)?)?)$/i;

/** The zone of times without an offset: that of --tz, of the format or of the time column's name; undefined for none. */
export function namedZone({ format, names, layout }: FileLayout, givenZone: string | undefined): string | undefined {
  return givenZone ?? format?.zone ?? headerZone(names[layout.time] ?? '');
}

/** The zone that a time column's name states, such as UTC for `time_utc`; undefined for none, and for `UTC+8 time`. */
function headerZone(name: string): string | undefined {
  const bare = bareName(name);
  if (/^(date|time|datetime|timestamp)(et|eastern|newyork)$/.test(bare)) return 'America/New_York';
  return /(utc|gmt)$|^(utc|gmt)(?!\d)/.test(bare) ? 'UTC' : undefined;
}

/** Warns when times without an offset seem to be in another zone than the one in which they were read. The surest sign is named. */
export function doubtfulZone(sample: SampleBars): string | undefined {
  if (!lacksZone(sample.example)) return undefined;
  const nameSigns = sample.options.zone === undefined ? [localName, zoneColumn] : [otherThanGiven];
  const utcSigns = sample.isUtcAssumed ? [brokerTimes, marketElsewhere, newestFirst] : [marketInUtc];
  return [...nameSigns, ...utcSigns].reduce<string | undefined>((found, sign) => found ?? sign(sample), undefined);
}

/** The name of the time column is that of local times. */
function localName({ file: { names, layout } }: SampleBars): string | undefined {
  const name = names[layout.time] ?? '';
  const bare = bareName(name);
  if (!LOCAL_NAME.test(bare) && !OFFSET_NAME.test(bare)) return undefined;
  return `the column "${name}" has local times and they were read as UTC: give their zone with --tz`;
}

/** Another column has the zones of the times, or their offsets from UTC. */
function zoneColumn({ file: { names, data }, reader }: SampleBars): string | undefined {
  const field = names.findIndex((name) => ZONE_COLUMN.test(bareName(name)));
  const zone = data[0]?.texts[field] ?? '';
  if (zone === '' || zone === reader.zone || UTC_ZONE.test(zone)) return undefined;
  return `the column "${names[field]}" says ${zone}, and the times were read in ${reader.zone}: give their zone with --tz`;
}

/** The zone of --tz has no daylight saving, or the name of the time column names another one. */
function otherThanGiven({ file: { names, layout }, reader: { zone } }: SampleBars): string | undefined {
  const daylight = DAYLIGHT_ZONES[zone];
  if (daylight !== undefined)
    return `times were read in ${zone}, which has no daylight saving; --tz ${daylight} has it`;
  const name = names[layout.time] ?? '';
  const named = headerZone(name);
  const isSame = named === zone || (named === 'UTC' && /^(Etc\/)?(UTC|GMT)$/i.test(zone));
  if (named === undefined || isSame) return undefined;
  return `the column "${name}" names the zone ${named}, and its times were read in ${zone}`;
}

/** The format has no zone. Of the known formats, only those of MetaTrader have none. */
function brokerTimes({ file: { format } }: SampleBars): string | undefined {
  if (format === undefined) return undefined;
  return `times of ${format.name} are those of the broker's server and were read as UTC: give its zone with --tz`;
}

/** Times that were read as UTC are the hours of a market in another zone. */
function marketElsewhere(sample: SampleBars): string | undefined {
  const zone = hoursElsewhere(sample.wallTimes);
  return zone === undefined ? undefined : `${marketDay(sample, zone)}; if not, with --tz UTC`;
}

/** Times that were read in the zone of a market are its hours if they are read as UTC. */
function marketInUtc(sample: SampleBars): string | undefined {
  return areHoursInUtc(sample.wallTimes, sample.reader.zone) ? marketDay(sample, 'UTC') : undefined;
}

function marketDay({ wallTimes, reader }: SampleBars, zone: string): string {
  const reading = `times without a zone, from ${hoursText(wallTimes)}, were read in ${reader.zone}`;
  return `${reading} and look like a market day in ${zone}: if they are, import with --tz ${zone}`;
}

/** The newest row is first: some vendors write such files in the time of the exchange. */
function newestFirst({ head: [first], last }: SampleBars): string | undefined {
  if (first === undefined || last === undefined || first.openTime <= last.openTime) return undefined;
  return (
    'times without a zone were read as UTC, and the newest is first, as in files of Alpha Vantage and Twelve Data, which have the time ' +
    'of the exchange: if so, import with --tz and its zone; if not, with --tz UTC'
  );
}
