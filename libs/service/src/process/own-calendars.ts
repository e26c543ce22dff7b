/**
 * A user's own calendars: reads the files of a folder and makes this process know them beside the shipped ones.
 *
 * Guarantees that a process either knows all of them or does not start: a session must not depend on which file was right.
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

/** A file, or the folder itself, that cannot be used; the message names it and each field that is wrong. */
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

/** The calendar of a file, and of each of its aliases. @throws CalendarFileError */
export async function readCalendars(path: string): Promise<Calendar[]> {
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    return parseCalendars(json);
  } catch (error) {
    throw fileError(path, error);
  }
}

/**
 * Reads every `*.json` of a folder, in the order of their names, and has `calendarNamed` know them from now on.
 * @param dir relative to the working directory; undefined: the shipped calendars alone
 * @throws CalendarFileError for the first file that is wrong, or whose calendar has a name that is in use
 */
export async function useOwnCalendars(dir: string | undefined): Promise<void> {
  const own: Calendar[] = [];
  let book = new CalendarBook();
  for (const path of dir === undefined ? [] : await calendarFiles(dir)) {
    own.push(...(await readCalendars(path)));
    book = bookOf(own, path);
  }
  useCalendars(book);
}

function bookOf(own: readonly Calendar[], newest: string): CalendarBook {
  try {
    return new CalendarBook(own);
  } catch (error) {
    throw fileError(newest, error);
  }
}

async function calendarFiles(dir: string): Promise<string[]> {
  try {
    const names = await readdir(dir);
    return names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(dir, name));
  } catch (error) {
    throw fileError(dir, error);
  }
}

function fileError(path: string, error: unknown): CalendarFileError {
  if (error instanceof CalendarFileError) return error;
  return new CalendarFileError(path, reasonOf(error), { cause: error });
}

function reasonOf(error: unknown): string {
  if (error instanceof CalendarDataError) return error.message.replaceAll('\n', '; ');
  if (error instanceof DuplicateCalendarError) return `id: ${error.message}`;
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof SyntaxError ? `expected JSON, was: ${message}` : message;
}
