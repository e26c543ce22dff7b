/**
 * Converts a wall time into an instant, for files with local times. A wall time is what the clocks of a zone show, such as 09:30 in
 * New York. A change of daylight saving (DST) skips some wall times and repeats others: such a time is refused, never guessed.
 * Pure except for a cache.
 */
import { IANAZone } from 'luxon';
import { UsageError } from '../../terminal/index.js';

const DAY_MS = 86_400_000;
/** Zones change their offset on a quarter hour only (checked for the IANA database since 1970). */
const QUARTER_HOUR_MS = 900_000;

/** Why a wall time is not a single instant. */
type WallProblem = 'skipped-by-dst' | 'ambiguous-by-dst';
/** Why a time cannot be used. */
export type TimeProblem = WallProblem | 'unreadable-time' | 'date-without-time' | 'excel-serial';
/** Epoch ms, or why the time cannot be used. */
export type RowTime = number | TimeProblem;
/** Reads the time in `bytes[start, end)`. */
export type TimeParser = (bytes: Uint8Array, start: number, end: number) => RowTime;

/** Converts wall times of one zone. Fast for consecutive rows that are close in time. */
export class WallClock {
  readonly #zone: IANAZone;
  /** The results of `offsetOnDay`, by day number. A file has thousands of times on few days. */
  readonly #dayOffsets = new Map<number, number>();
  /** The number of the quarter hour of the last wall time, and the offset in it. */
  #lastQuarter = Number.NaN;
  #lastOffset: number | WallProblem = 0;

  /** @throws UsageError for a zone that is not in the IANA database. */
  constructor(zoneName: string) {
    this.#zone = IANAZone.create(zoneName);
    if (!isZone(zoneName)) {
      throw new UsageError(`expected an IANA time zone such as America/New_York or UTC, was "${zoneName}"`);
    }
  }

  /** The instant at which the clocks of the zone show `wallMs` (epoch ms, as if the wall time were UTC). */
  toUtc(wallMs: number): number | WallProblem {
    const quarter = Math.floor(wallMs / QUARTER_HOUR_MS);
    if (quarter !== this.#lastQuarter) {
      this.#lastOffset = this.#offsetOfDay(Math.floor(wallMs / DAY_MS)) ?? this.#offsetNear(quarter * QUARTER_HOUR_MS);
      this.#lastQuarter = quarter;
    }
    return typeof this.#lastOffset === 'number' ? wallMs - this.#lastOffset : this.#lastOffset;
  }

  /**
   * The offset of the zone at the start of a time's UTC day, ms. On the day of a change of daylight saving, it is an hour off for a part of
   * the day, so alone it is for samples only. @param time epoch ms
   */
  offsetOnDay(time: number): number {
    const day = Math.floor(time / DAY_MS);
    const offset = this.#dayOffsets.get(day) ?? this.#zone.offset(day * DAY_MS) * 60_000;
    this.#dayOffsets.set(day, offset);
    return offset;
  }

  /**
   * The offset of all wall times of a day in ms; undefined when the offset changes near that day. A margin of one day on both
   * sides covers every zone, because a wall time is less than a day from the same time in UTC.
   */
  #offsetOfDay(day: number): number | undefined {
    const before = this.offsetOnDay((day - 1) * DAY_MS);
    return before === this.offsetOnDay((day + 2) * DAY_MS) ? before : undefined;
  }

  /** The offset of a wall time near a change: that of the day before or after. It fits when the zone has it at the resulting instant. */
  #offsetNear(wallMs: number): number | WallProblem {
    const before = this.#zone.offset(wallMs - DAY_MS) * 60_000;
    const after = this.#zone.offset(wallMs + DAY_MS) * 60_000;
    const fits = (offset: number): boolean => this.#zone.offset(wallMs - offset) * 60_000 === offset;
    if (before === after) return before;
    if (fits(before)) return fits(after) ? 'ambiguous-by-dst' : before;
    return fits(after) ? after : 'skipped-by-dst';
  }
}

/** Names of three letters that are accepted. */
const SHORT_ZONES = new Set('UTC GMT UCT EST MST HST CET MET EET WET PRC ROC ROK'.split(' '));

/** Refuses abbreviations that Node accepts although they mean two zones: its BST is Bangladesh, its IST India. */
function isZone(name: string): boolean {
  return IANAZone.isValidZone(name) && (name.length !== 3 || SHORT_ZONES.has(name.toUpperCase()));
}

/** Clocks by the name of their zone; undefined for a text that is no zone. */
const clocks = new Map<string, WallClock | undefined>();
/** The map is emptied at this size, so that a file of odd texts does not fill the memory. */
const CLOCKS_MAX = 1000;

/** The clock of a zone that a file names; undefined for a name that is no zone, or that begins with a small letter. */
export function namedClock(zone: string): WallClock | undefined {
  if (!clocks.has(zone)) {
    if (clocks.size === CLOCKS_MAX) clocks.clear();
    clocks.set(zone, /^[A-Z]/.test(zone) && isZone(zone) ? new WallClock(zone) : undefined);
  }
  return clocks.get(zone);
}

/** The clock of a zone, cached: making it takes 1 ms, and a zip may have thousands of files. @throws UsageError */
export function clockOf(zone: string): WallClock {
  return namedClock(zone) ?? new WallClock(zone); // makes the clock of a name in small letters, or throws
}
