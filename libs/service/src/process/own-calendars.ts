/**
 * A user's own calendars: reads the files of a folder and registers them, in addition to the shipped calendars.
 *
 * Guarantees that a process starts only when all files are valid, so that a session does not depend on which files were.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CalendarBook,
  CalendarDataError,
  DuplicateCalendarError,
  parseCalendars,
  useCalendars,
  type Calendar,
} from '@barkeep/bars';

/** Thrown for an invalid calendar file, or a folder that cannot be read. The message names its path and each invalid field. */
export class CalendarFileError extends Error {
  override readonly name = 'CalendarFileError';
  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`calendar file ${path}: ${reason}`, options);
  }
}

/** The calendar in a file under its id, and again under each of its aliases. @throws CalendarFileError */
export function readCalendars(path: string): Promise<Calendar[]> {
  return readOf(path, async () => parseCalendars(JSON.parse(await readFile(path, 'utf8')) as unknown));
}

/**
 * Reads every `*.json` file of a folder, in the order of their names, and registers the calendars for `calendarNamed`.
 * @param dir relative to the working directory; undefined registers only the shipped calendars
 * @throws CalendarFileError for the first file that is invalid or whose calendar has a name that is in use
 */
export async function useOwnCalendars(dir: string | undefined): Promise<void> {
  const names = dir === undefined ? [] : await readOf(dir, () => readdir(dir));
  const own: Calendar[] = [];
  let book = new CalendarBook();
  for (const name of names.filter((file) => file.endsWith('.json')).sort()) {
    const path = join(dir ?? '', name);
    own.push(...(await readCalendars(path)));
    // A new book after each file, so that the error about a duplicate name names the right file.
    book = await readOf(path, () => new CalendarBook(own));
  }
  useCalendars(book);
}

/** Calls `read`. @throws CalendarFileError with the path, for any error of `read` */
async function readOf<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new CalendarFileError(path, reasonOf(error), { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof CalendarDataError) return error.message.replaceAll('\n', '; ');
  if (error instanceof DuplicateCalendarError) return `id: ${error.message}`;
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof SyntaxError ? `expected JSON, was: ${message}` : message;
}
