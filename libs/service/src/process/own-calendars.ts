/**
 * A user's own calendars: reads the files of a folder and registers them, in addition to the shipped calendars. A process with an invalid
 * file does not start; otherwise a session would depend on which files happened to be valid.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as bars from '@barkeep/bars';
import { errorText } from '../error-text.js';

/** Thrown for an invalid calendar file, or a folder that cannot be read. The message has the path of either, and each invalid field. */
export class CalendarFileError extends Error {
  override readonly name = 'CalendarFileError';
  constructor(source: string, cause: unknown) {
    super(`${source}: ${reasonOf(cause)}`, { cause });
  }
}

/** Reads the calendar in a file. @returns an entry for its id and one for each of its aliases @throws CalendarFileError */
export function readCalendars(path: string): Promise<bars.Calendar[]> {
  return reading(`calendar file ${path}`, async () =>
    bars.parseCalendars(JSON.parse(await readFile(path, 'utf8')) as unknown),
  );
}

/**
 * Reads every `*.json` file of a folder, in the order of their names, and registers the calendars for `calendarNamed`. Leaves out hidden
 * files, which macOS and editors write beside the visible ones.
 * @param dir relative to the working directory; undefined registers only the shipped calendars
 * @throws CalendarFileError for the first file that is invalid or whose calendar has a name that is in use
 */
export async function useOwnCalendars(dir: string | undefined): Promise<void> {
  const names =
    dir === undefined ? [] : await reading(`calendar folder ${dir} (BARKEEP_CALENDARS_DIR)`, () => readdir(dir));
  const ownCalendars: bars.Calendar[] = [];
  let book = new bars.CalendarBook();
  for (const name of names.filter((file) => file.endsWith('.json') && !file.startsWith('.')).sort()) {
    const path = join(dir ?? '', name);
    ownCalendars.push(...(await readCalendars(path)));
    // A new book after each file, so that the error about a duplicate name names the right file.
    book = await reading(`calendar file ${path}`, () => new bars.CalendarBook(ownCalendars));
  }
  bars.useCalendars(book);
}

/** @param source what is read, for the message of an error @throws CalendarFileError for any error of `work` */
async function reading<T>(source: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CalendarFileError(source, error);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof bars.CalendarDataError) return error.message.replaceAll('\n', '; ');
  if (error instanceof bars.DuplicateCalendarError) return `id: ${error.message}`;
  return error instanceof SyntaxError ? `expected JSON, was: ${error.message}` : errorText(error);
}
