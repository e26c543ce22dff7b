/**
 * Converts wall time of one IANA zone to UTC, fast enough to build decades of trading days at once.
 * Guarantees: a later wall time never maps to an earlier moment. A wall time that is skipped maps to the moment at which the
 * clocks go forward; one that occurs twice maps to its first occurrence. Not responsible for trading hours.
 */
import { IANAZone } from 'luxon';
import { DAY_MS } from './dates.js';

const MINUTE_MS = 60_000;

/** An offset look-up takes microseconds, so there is one for each span. No zone changes its offset and back within a week. */
const SPAN_MS = 7 * DAY_MS;

/** The wall clock of one zone. Caches one offset for each week that it converts. */
export class ZoneClock {
  readonly #zone: IANAZone;
  readonly #spanOffsetsMs = new Map<number, number>();

  /** @param zone an IANA name that `IANAZone.isValidZone` accepts */
  constructor(zone: string) {
    this.#zone = IANAZone.create(zone);
  }

  /** Epoch ms UTC of a wall time, which is given as the epoch ms that it would be in UTC. */
  toUtcMs(wallMs: number): number {
    const before = this.#offsetMs(wallMs - DAY_MS);
    const after = this.#offsetMs(wallMs + DAY_MS);
    if (before === after) return wallMs - before;
    const [small, large] = before < after ? [before, after] : [after, before];
    if (this.#offsetMs(wallMs - large) === large) return wallMs - large;
    if (this.#offsetMs(wallMs - small) === small) return wallMs - small;
    return this.#changeBetween(wallMs - large, wallMs - small);
  }

  /** The moment at which the offset changes in `(fromMs, toMs]`, found by halving, to the minute. */
  #changeBetween(fromMs: number, toMs: number): number {
    const [offset, minutes] = [this.#offsetMs(fromMs), (toMs - fromMs) / MINUTE_MS];
    let [unchanged, changed] = [0, minutes];
    while (changed - unchanged > 1) {
      const middle = Math.floor((unchanged + changed) / 2);
      if (this.#offsetMs(fromMs + middle * MINUTE_MS) === offset) unchanged = middle;
      else changed = middle;
    }
    return fromMs + changed * MINUTE_MS;
  }

  #offsetMs(utcMs: number): number {
    const span = Math.floor(utcMs / SPAN_MS);
    const offset = this.#spanOffsetMs(span);
    return this.#spanOffsetMs(span + 1) === offset ? offset : this.#zoneOffsetMs(utcMs);
  }

  #spanOffsetMs(span: number): number {
    const known = this.#spanOffsetsMs.get(span);
    if (known !== undefined) return known;
    const offset = this.#zoneOffsetMs(span * SPAN_MS);
    this.#spanOffsetsMs.set(span, offset);
    return offset;
  }

  #zoneOffsetMs(utcMs: number): number {
    return this.#zone.offset(utcMs) * MINUTE_MS;
  }
}
