/** The zones of times: what the user, the format and the names of columns say, and whether the text of a time names one. Pure. */
import { IANAZone } from 'luxon';
import { bareName } from './header-names.js';
import type { FileLayout } from './layout.js';

const DAY_MS = 86_400_000;
/** Seconds to nanoseconds, which have no zone. */
const EPOCH = /^[+-]?(\d{9,10}(\d{3}){0,3}(\.\d+)?|\d(\.\d+)?e\+?\d+)$/i;
const ZONE = /(Z|[+-]\d\d(:?\d\d)?|[a-z_]{3,})$/i;

/** The zone of times without an offset; undefined when nothing names it. @param given the one of --tz */
export function namedZone({ format, names, layout }: FileLayout, given: string | undefined): string | undefined {
  return given ?? format?.zone ?? headerZone(names[layout.time] ?? '');
}

/** The zone that the name of a time column says, such as UTC for `time_utc`; undefined when it says none. */
export function headerZone(name: string): string | undefined {
  const bare = bareName(name);
  if (/^(date|time|datetime|timestamp)(et|eastern|newyork)$/.test(bare)) return 'America/New_York';
  return /(utc|gmt)$|^(utc|gmt)/.test(bare) ? 'UTC' : undefined;
}

/** By zone and day. A zip may have thousands of files: they share what was found. */
const offsets = new Map<string, Map<number, number>>();

/** Offset of a zone, ms, the same for all times of a UTC day: only for judging a sample, where an hour of a day of change does not matter. */
export function offsetOfDay(zone: string): (time: number) => number {
  const days = offsets.get(zone) ?? new Map<number, number>();
  offsets.set(zone, days);
  return (time) => {
    const day = Math.floor(time / DAY_MS);
    const offset = days.get(day) ?? IANAZone.create(zone).offset(day * DAY_MS) * 60_000;
    days.set(day, offset);
    return offset;
  };
}

export function isEpoch(text: string): boolean {
  return EPOCH.test(text);
}

/** True for a text with a date and a time of day, and without an offset or a zone. */
export function lacksZone(text: string): boolean {
  return !isEpoch(text) && !ZONE.test(text.replace(/^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}/, ''));
}
