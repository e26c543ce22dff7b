/**
 * Calendars by name: the shipped ones and, if given, a user's own.
 * Guarantees: a shipped name means the same hours in every process, as no other calendar can take it; data is parsed when first
 * asked for. Not responsible for reading a user's files.
 */
import { Calendar } from './days.js';
import { DuplicateCalendarError, UnknownCalendarError } from './errors.js';
import { parseCalendarFile } from './parse.js';
import aroundTheClock5 from './data/24-5.json';
import aroundTheClock7 from './data/24-7.json';
import cmes from './data/cmes.json';
import xbom from './data/xbom.json';
import xhkg from './data/xhkg.json';
import xlon from './data/xlon.json';
import xnys from './data/xnys.json';
import xtks from './data/xtks.json';

interface ShippedFile {
  id: string;
  aliases?: readonly string[];
}

const shippedFiles: readonly ShippedFile[] = [xnys, xlon, xtks, xhkg, xbom, cmes, aroundTheClock5, aroundTheClock7];

/** The calendars that one process knows. */
export class CalendarBook {
  readonly #makers = new Map<string, () => Calendar>();
  readonly #made = new Map<string, Calendar>();

  /** @param own calendars beside the shipped ones @throws {DuplicateCalendarError} when one has a name that is in use */
  constructor(own: readonly Calendar[] = []) {
    for (const file of shippedFiles) {
      for (const id of [file.id, ...(file.aliases ?? [])]) {
        this.#add(id, () => new Calendar(parseCalendarFile(file), id));
      }
    }
    for (const calendar of own) this.#add(calendar.id, () => calendar);
  }

  /** The calendar of that name, always the same object. @throws {UnknownCalendarError} which lists the known names */
  named(id: string): Calendar {
    const calendar = this.#made.get(id) ?? this.#makers.get(id)?.();
    if (calendar === undefined) throw new UnknownCalendarError(id, this.ids());
    this.#made.set(id, calendar);
    return calendar;
  }

  /** All names, the shipped ones first. */
  ids(): string[] {
    return [...this.#makers.keys()];
  }

  #add(id: string, make: () => Calendar): void {
    if (this.#makers.has(id)) throw new DuplicateCalendarError(id);
    this.#makers.set(id, make);
  }
}
