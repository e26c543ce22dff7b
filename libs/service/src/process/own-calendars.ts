/**
 * A user's own calendars: reads the files of a folder and registers them, in addition to the shipped calendars.
 *
 * Guarantees that a process either knows all of them or does not start: a session must not depend on which files were valid.
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

/** A calendar file, or the folder itself, is invalid; the message names it and each invalid field. */
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
 * Reads every `*.json` of a folder, in order of names, and registers the calendars for `calendarNamed`.
 * @param dir relative to the working directory; undefined: only the shipped calendars
 * @throws CalendarFileError for the first file that is invalid or whose calendar has a name that is in use
 */
export async function useOwnCalendars(dir: string | undefined): Promise<void> {
  const own: Calendar[] = [];
  // A new book after each file, so that an error names the file with the duplicate name.
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
