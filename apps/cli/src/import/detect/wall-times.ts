/** The wall times of instants, and whether the text of a time names its zone. Pure. */
import { IANAZone } from 'luxon';

const DAY_MS = 86_400_000;
/** Seconds to nanoseconds, which have no zone. */
const EPOCH = /^[+-]?(\d{9,10}(\d{3}){0,3}(\.\d+)?|\d(\.\d+)?e\+?\d+)$/i;
const ZONE = /(Z|[+-]\d\d(:?\d\d)?|[a-z_]{3,})$/i;

/** Offset of a zone, ms, the same for all times of a UTC day: only for judging a sample, where an hour of a day of change does not matter. */
export function offsetOfDay(zone: string): (time: number) => number {
  const known = zones.get(zone) ?? dayOffsets(zone);
  zones.set(zone, known);
  return known;
}

/** A zip may have thousands of files: they share what was found. */
const zones = new Map<string, (time: number) => number>();

function dayOffsets(zone: string): (time: number) => number {
  const offsets = new Map<number, number>();
  const iana = IANAZone.create(zone);
  return (time) => {
    const day = Math.floor(time / DAY_MS);
    const known = offsets.get(day) ?? iana.offset(day * DAY_MS) * 60_000;
    offsets.set(day, known);
    return known;
  };
}

export function isEpoch(text: string): boolean {
  return EPOCH.test(text);
}

/** True for a text with a date and a time of day, and without an offset or a zone. */
export function lacksZone(text: string): boolean {
  return !isEpoch(text) && !ZONE.test(text.replace(/^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}/, ''));
}
