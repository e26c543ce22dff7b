/** The dates that an import with --complete declares complete. */
import { DAY_MS, dateOf, MINUTE_MS } from '@barkeep/bars';
import { IANAZone } from 'luxon';
import { UsageError } from '../../terminal/index.js';
import type { CalendarCheck } from './calendar-check.js';

/**
 * Gives the dates of bars: local dates in the zone of the files. With a calendar, an evening bar that belongs to the trading day of the
 * next date gives no date: a file that ends with this evening lacks the rest of that trading day.
 */
export class CompleteDays {
  #zone: string | undefined;

  constructor(private readonly calendar?: CalendarCheck) {}

  /** Takes the zone in which a file is read, before its bars. @throws UsageError when an earlier file has another one */
  useZone(zone: string): void {
    this.#zone ??= zone;
    if (zone === this.#zone) return;
    throw new UsageError(
      `--complete: expected files of one time zone, was ${this.#zone}, ${zone}; import them one by one`,
    );
  }

  /** The date that a bar shows to be complete, `YYYY-MM-DD`; undefined when it shows none. @param openTime epoch ms */
  readonly dateOf = (openTime: number): string | undefined => {
    const offsetMs = IANAZone.create(this.#zone ?? 'UTC').offset(openTime) * MINUTE_MS;
    const localDate = dateOf(Math.floor((openTime + offsetMs) / DAY_MS));
    const isOtherDay = this.calendar !== undefined && this.calendar.tradingDateOf(openTime) !== localDate;
    return isOtherDay ? undefined : localDate;
  };
}
