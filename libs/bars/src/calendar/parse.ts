/**
 * Parses untrusted JSON into a calendar.
 * Guarantees: all problems are reported at once, and a calendar with a problem is never returned. Reads no files.
 */
import type { z } from 'zod';
import { type FieldProblem, fieldPath } from '../field-problems.js';
import { calendarProblems } from './checks.js';
import { Calendar } from './days.js';
import { CalendarDataError } from './errors.js';
import { type CalendarFile, calendarFileSchema } from './schema.js';

type Issue = z.core.$ZodIssue;

/**
 * The calendar of a calendar file, whose form docs/calendar.schema.json describes.
 * @throws {CalendarDataError} with every problem: field, expected and was
 */
export function parseCalendar(json: unknown): Calendar {
  return new Calendar(parseCalendarFile(json));
}

/** The calendar under its id and under each alias of the file. Throws as {@link parseCalendar}. */
export function parseCalendars(json: unknown): Calendar[] {
  const file = parseCalendarFile(json);
  return [file.id, ...(file.aliases ?? [])].map((id) => new Calendar(file, id));
}

/** The checked content of a calendar file. Throws as {@link parseCalendar}. */
export function parseCalendarFile(json: unknown): CalendarFile {
  const parsed = calendarFileSchema.safeParse(json, { reportInput: true });
  if (!parsed.success) throw new CalendarDataError(parsed.error.issues.flatMap(problemsOf));
  const problems = calendarProblems(parsed.data);
  if (problems.length > 0) throw new CalendarDataError(problems);
  return parsed.data;
}

function problemsOf(issue: Issue): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: fieldOf([...issue.path, key]), expected: 'no such field', was: key }));
  }
  return [{ field: fieldOf(issue.path), expected: expectedOf(issue), was: shown(issue.input) }];
}

function fieldOf(path: Parameters<typeof fieldPath>[0]): string {
  return fieldPath(path) || 'the calendar file';
}

function expectedOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum} of it`;
    case 'too_big':
      return `at most ${issue.maximum} of it`;
    default:
      return issue.message;
  }
}

function shown(input: unknown): string {
  if (input === undefined) return 'missing';
  const text = JSON.stringify(input);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
