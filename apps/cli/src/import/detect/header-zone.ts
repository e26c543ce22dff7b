/** What the name of a time column says of its zone. Pure. */
import { bareName } from './header-names.js';

/** Seconds to nanoseconds, which have no zone. */
const EPOCH = /^\d{10}(\d{3}){0,3}(\.\d+)?$/;

/** The zone that the name of a time column says, such as UTC for `time_utc`; undefined when it says none. */
export function headerZone(name: string): string | undefined {
  const bare = bareName(name);
  if (bare === 'datetimeet') return 'America/New_York';
  return /(utc|gmt)$|^(utc|gmt)/.test(bare) ? 'UTC' : undefined;
}

/** Why the zone of times without an offset is in doubt. @param zone the one of --tz @param example a time of the column */
export function zoneWarning(name: string, zone: string | undefined, example: string): string | undefined {
  if (EPOCH.test(example) || /(Z|[+-]\d\d(:?\d\d)?)$/i.test(example.replace(/^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}/, '')))
    return undefined;
  const says = headerZone(name);
  if (zone === undefined) {
    const isLocal = bareName(name).includes('local');
    return isLocal
      ? `the column "${name}" has local times and they were read as UTC: give their zone with --tz`
      : undefined;
  }
  return says === undefined || says === zone || (says === 'UTC' && /^(Etc\/)?(UTC|GMT)$/.test(zone))
    ? undefined
    : `the column "${name}" names the zone ${says}, and its times were read in ${zone}`;
}
