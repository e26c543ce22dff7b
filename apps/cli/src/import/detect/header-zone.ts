/** What the name of a time column says of its zone. Pure. */
import { bareName } from './header-names.js';
import { lacksZone } from './wall-times.js';

/** Zones whose names stand for an offset all year, while people mean the time of a city. */
const DAYLIGHT_ZONES: Record<string, string> = { EST: 'America/New_York', MST: 'America/Denver' };

/** The zone that the name of a time column says, such as UTC for `time_utc`; undefined when it says none. */
export function headerZone(name: string): string | undefined {
  const bare = bareName(name);
  if (/^(date|time|datetime|timestamp)(et|eastern|newyork)$/.test(bare)) return 'America/New_York';
  return /(utc|gmt)$|^(utc|gmt)/.test(bare) ? 'UTC' : undefined;
}

/** Why the zone of times without an offset is in doubt. @param zone the one of --tz @param example a time of the column */
export function zoneWarning(name: string, zone: string | undefined, example: string): string | undefined {
  if (!lacksZone(example)) return undefined;
  const says = headerZone(name);
  if (zone === undefined) {
    const bare = bareName(name);
    const isLocal =
      /local|exchange|^(date|time|datetime|timestamp)([ecmp][sd]t|cest|cet|bst|ist|jst|kst|hkt|msk)$/.test(bare);
    return isLocal
      ? `the column "${name}" has local times and they were read as UTC: give their zone with --tz`
      : undefined;
  }
  const daylight = DAYLIGHT_ZONES[zone];
  if (daylight !== undefined)
    return `times were read in ${zone}, which has no daylight saving; --tz ${daylight} has it`;
  return says === undefined || says === zone || (says === 'UTC' && /^(Etc\/)?(UTC|GMT)$/.test(zone))
    ? undefined
    : `the column "${name}" names the zone ${says}, and its times were read in ${zone}`;
}
