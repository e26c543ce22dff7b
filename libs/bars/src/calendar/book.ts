/**
 * Calendars by name: the shipped ones and a user's own. A user's calendar cannot have a shipped name, so a shipped name means the same
 * hours in every process.
 *
 * A process has one book and sets it once, at its start: two places with different books would take the same bytes for different slots.
 */
import { Calendar } from './days.js';
import { parseCalendarFile } from './parse.js';
import aroundTheClock5 from './data/24-5.json';
import aroundTheClock7 from './data/24-7.json';
import bvmf from './data/bvmf.json';
import cmes from './data/cmes.json';
import fx from './data/fx.json';
import xams from './data/xams.json';
import xasx from './data/xasx.json';
import xbom from './data/xbom.json';
import xetr from './data/xetr.json';
import xhkg from './data/xhkg.json';
import xjse from './data/xjse.json';
import xkrx from './data/xkrx.json';
import xlon from './data/xlon.json';
import xmil from './data/xmil.json';
import xnys from './data/xnys.json';
import xpar from './data/xpar.json';
import xses from './data/xses.json';
import xshg from './data/xshg.json';
import xswx from './data/xswx.json';
import xtai from './data/xtai.json';
import xtks from './data/xtks.json';
import xtse from './data/xtse.json';

/** Thrown for a name that no calendar has. `knownIds` are the names of all calendars. */
export class UnknownCalendarError extends Error {
  override readonly name = 'UnknownCalendarError';
  constructor(
    readonly id: string,
    readonly knownIds: readonly string[],
  ) {
    super(`expected one of the calendars ${knownIds.join(', ')}, was ${JSON.stringify(id)}`);
  }
}

/** Thrown for a second calendar with the same name: a session's hours would depend on which one is found first. */
export class DuplicateCalendarError extends Error {
  override readonly name = 'DuplicateCalendarError';
  constructor(readonly id: string) {
    super(`expected a calendar id that is not in use, was ${JSON.stringify(id)}`);
  }
}

const exchanges = [xnys, xlon, xtks, xhkg, xbom, xetr, xpar, xams, xswx, xmil, xtse, xasx, xkrx, xshg, xtai, xses];
const otherVenues = [bvmf, xjse, cmes, fx, aroundTheClock5, aroundTheClock7];
/** In the order in which users see the names. */
const shippedFiles: readonly { id: string; aliases?: readonly string[] }[] = [...exchanges, ...otherVenues];

/** The calendars of one process. */
export class CalendarBook {
  /** By name: a function that returns the calendar, and parses it when it is first called. */
  readonly #calendars = new Map<string, () => Calendar>();

  /** @param ownCalendars the user's calendars @throws {DuplicateCalendarError} when a name is in use already */
  constructor(ownCalendars: readonly Calendar[] = []) {
    for (const file of shippedFiles) {
      for (const id of [file.id, ...(file.aliases ?? [])]) {
        this.#add(id, () => new Calendar(parseCalendarFile(file), id));
      }
    }
    for (const calendar of ownCalendars) this.#add(calendar.id, () => calendar);
  }

  /** The calendar with that name, always the same object. @throws {UnknownCalendarError} with the known names */
  named(id: string): Calendar {
    const calendar = this.#calendars.get(id);
    if (calendar === undefined) throw new UnknownCalendarError(id, this.ids());
    return calendar();
  }

  /** All names, the shipped ones first. */
  ids(): string[] {
    return [...this.#calendars.keys()];
  }

  #add(id: string, parse: () => Calendar): void {
    if (this.#calendars.has(id)) throw new DuplicateCalendarError(id);
    let calendar: Calendar | undefined;
    this.#calendars.set(id, () => (calendar ??= parse()));
  }
}

/** The book of this process. */
let book = new CalendarBook();

/** The calendar with that name, such as `XNYS` or `24/7`. @throws {UnknownCalendarError} with the known names */
export function calendarNamed(id: string): Calendar {
  return book.named(id);
}

/** The names of all calendars of this process, the shipped ones first. */
export function calendarIds(): string[] {
  return book.ids();
}

/** Sets the book of this process. Call it before any look-up. Every process that works on a session must use the same calendars. */
export function useCalendars(calendars: CalendarBook): void {
  book = calendars;
}
