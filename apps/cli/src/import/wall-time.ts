/**
 * Turns the wall-clock time of a zone into an instant, for files that give local times.
 * A wall time that the zone skips, or has twice (the hours around a change of DST), has no one answer: it is refused,
 * never guessed. Pure but for a cache.
 */
import { IANAZone } from 'luxon';
import { CliError } from '../terminal/index.js';

const DAY_MS = 86_400_000;
/** Zones change their offset on a quarter hour at the finest (checked: the IANA database since 1970). */
const BUCKET_MS = 900_000;

/** What a wall time is in UTC, epoch ms, or why it is no single instant. */
export type Instant = number | 'skipped-by-dst' | 'ambiguous-by-dst';

/** Converts wall times of one zone; fast for rows that are near each other in time. */
export class WallClock {
  readonly #zone: IANAZone;
  readonly #offsets = new Map<number, Instant>();
  #lastBucket = Number.NaN;
  #lastOffset: Instant = 0;

  /** @throws CliError for a zone that is not in the IANA database. */
  constructor(readonly zoneName: string) {
    this.#zone = IANAZone.create(zoneName);
    if (!this.#zone.isValid) {
      throw new CliError(`expected an IANA time zone such as America/New_York or UTC, was "${zoneName}"`);
    }
  }

  /** The instant at which the clocks of the zone show `wallMs` (epoch ms, as if the wall time were UTC). */
  toUtc(wallMs: number): Instant {
    const bucket = Math.floor(wallMs / BUCKET_MS);
    if (bucket !== this.#lastBucket) {
      this.#lastOffset = this.#offsetOf(bucket);
      this.#lastBucket = bucket;
    }
    return typeof this.#lastOffset === 'number' ? wallMs - this.#lastOffset : this.#lastOffset;
  }

  #offsetOf(bucket: number): Instant {
    let offset = this.#offsets.get(bucket);
    if (offset === undefined) {
      offset = this.#findOffset(bucket * BUCKET_MS);
      this.#offsets.set(bucket, offset);
    }
    return offset;
  }

  /** Tries the offsets of the day before and the day after: an instant counts when its own offset leads back to it. */
  #findOffset(wallMs: number): Instant {
    const before = this.#zone.offset(wallMs - DAY_MS) * 60_000;
    const after = this.#zone.offset(wallMs + DAY_MS) * 60_000;
    const fits = (offset: number): boolean => this.#zone.offset(wallMs - offset) * 60_000 === offset;
    if (before === after) return before;
    if (fits(before)) return fits(after) ? 'ambiguous-by-dst' : before;
    return fits(after) ? after : 'skipped-by-dst';
  }
}
