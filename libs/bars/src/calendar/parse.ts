/**
 * Parses untrusted JSON into a calendar, and checks the file as a whole: its range, the times of each day, dates that contradict each
 * other, days that overlap. Guarantees: all problems are reported at once, and a calendar with a problem is never returned.
 */
import type { z } from 'zod';
import { type FieldProblem, fieldPath } from '../field-problems.js';
import { Calendar } from './days.js';
import {
  type CalendarFile,
  calendarFileSchema,
  CalendarRules,
  wallSegmentsOf,
  type FileSegments,
} from './calendar-file.js';
import { dateOf, epochDayOf } from './time.js';

/** A calendar file that cannot be used; `problems` lists everything that is wrong with it. */
export class CalendarDataError extends Error {
  override readonly name = 'CalendarDataError';
  constructor(readonly problems: readonly FieldProblem[]) {
    super(problems.map(({ field, expected, was }) => `${field}: expected ${expected}, was ${was}`).join('\n'));
  }
}

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

/** All contradictions in a calendar file of the right form; none when the calendar can be used. */
function calendarProblems(file: CalendarFile): FieldProblem[] {
  const problems = [...limitProblems(file), ...hoursProblems(file), ...dateProblems(file)];
  // Neighbouring days are compared only when each single day is valid.
  return problems.length > 0 ? problems : neighbourProblems(file);
}

function limitProblems({ firstDate, lastDate, hours }: CalendarFile): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (lastDate < firstDate) problems.push({ field: 'lastDate', expected: `${firstDate} or later`, was: lastDate });
  hours.forEach(({ from, weekdays }, index) => {
    const previous = hours[index - 1]?.from;
    const field = `hours[${index}].from`;
    if (previous === undefined && from > firstDate) {
      problems.push({ field, expected: `${firstDate} (firstDate) or before`, was: from });
    }
    if (previous !== undefined && from < previous)
      problems.push({ field, expected: `${previous} or after`, was: from });
    const sameDate = hours.slice(0, index).filter((entry) => entry.from === from);
    const twice = weekdays.filter((weekday) => sameDate.some((entry) => entry.weekdays.includes(weekday)));
    if (twice.length > 0) {
      const expected = `weekdays that no other entry from ${from} has`;
      problems.push({ field: `hours[${index}].weekdays`, expected, was: twice.join(', ') });
    }
  });
  return problems;
}

/** Segments in order, and extended hours around regular ones, in the hours and special days. */
function hoursProblems({ hours, specialDays = [] }: CalendarFile): FieldProblem[] {
  const hasExtended = hours[0]?.extended !== undefined;
  return Object.entries({ hours, specialDays }).flatMap(([list, days]) =>
    days.flatMap(({ segments, extended }, index) => [
      ...orderProblems(`${list}[${index}].segments`, segments),
      ...orderProblems(`${list}[${index}].extended`, extended ?? []),
      ...extendedProblems(`${list}[${index}].extended`, segments, extended, hasExtended),
    ]),
  );
}

function orderProblems(field: string, segments: FileSegments): FieldProblem[] {
  const walls = wallSegmentsOf(segments);
  const problems: FieldProblem[] = [];
  segments.forEach(({ open, close }, index) => {
    const { openMinute, closeMinute } = walls[index]!;
    const previous = walls[index - 1];
    if (closeMinute <= openMinute) {
      problems.push({ field: `${field}[${index}].close`, expected: `a time after ${open}`, was: close });
    }
    if (previous !== undefined && openMinute < previous.closeMinute) {
      const expected = `${segments[index - 1]?.close}, the close before it, or later`;
      problems.push({ field: `${field}[${index}].open`, expected, was: open });
    }
  });
  const minutes = (walls.at(-1)?.closeMinute ?? 0) - (walls[0]?.openMinute ?? 0);
  if (minutes > 1440) problems.push({ field, expected: 'a day of at most 1440 minutes', was: String(minutes) });
  return problems;
}

function extendedProblems(
  field: string,
  segments: FileSegments,
  extended: FileSegments | undefined,
  hasExtended: boolean,
): FieldProblem[] {
  if (extended === undefined) {
    return hasExtended ? [{ field, expected: 'segments, as hours[0] has them', was: 'missing' }] : [];
  }
  if (!hasExtended) return [{ field, expected: 'nothing, as hours[0] has none', was: 'segments' }];
  const wide = wallSegmentsOf(extended);
  return wallSegmentsOf(segments).flatMap(({ openMinute, closeMinute }, index) => {
    if (wide.some((around) => around.openMinute <= openMinute && closeMinute <= around.closeMinute)) return [];
    return [{ field, expected: `a segment that holds all of segments[${index}]`, was: 'none' }];
  });
}

function dateProblems({ firstDate, lastDate, holidays = [], specialDays = [] }: CalendarFile): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const firstUse = new Map<string, string>();
  const lists = [
    { list: 'holidays', dates: holidays },
    ...specialDays.map(({ dates }, index) => ({ list: `specialDays[${index}].dates`, dates })),
  ];
  const uses = lists.flatMap(({ list, dates }) => dates.map((date, index) => ({ field: `${list}[${index}]`, date })));
  for (const { field, date } of uses) {
    const other = firstUse.get(date);
    if (other !== undefined) problems.push({ field, expected: `a date that is not ${other} as well`, was: date });
    if (date < firstDate || date > lastDate) {
      problems.push({ field, expected: `a date from ${firstDate} to ${lastDate}`, was: date });
    }
    firstUse.set(date, field);
  }
  return problems;
}

/** The first day that opens before the previous one has closed. */
function neighbourProblems(file: CalendarFile): FieldProblem[] {
  if (!reachesOverMidnight(file)) return [];
  const rules = new CalendarRules(file);
  const lastDay = epochDayOf(file.lastDate);
  let busyUntil = Number.NEGATIVE_INFINITY;
  for (let day = epochDayOf(file.firstDate); day <= lastDay; day++) {
    const hours = rules.hoursOn(day);
    const segments = hours?.extended ?? hours?.regular ?? [];
    const [first, last] = [segments[0], segments.at(-1)];
    if (first === undefined || last === undefined) continue;
    const overlapMinutes = busyUntil - (day * 1440 + first.openMinute);
    if (overlapMinutes > 0) {
      const expected = 'to open when the previous trading day has closed, or later';
      return [{ field: `hours of ${dateOf(day)}`, expected, was: `${overlapMinutes} minutes earlier` }];
    }
    busyUntil = day * 1440 + last.closeMinute;
  }
  return [];
}

/** Only days that reach over midnight can overlap. For other calendars the walk over all dates is not needed. */
function reachesOverMidnight({ hours, specialDays = [] }: CalendarFile): boolean {
  return [...hours, ...specialDays]
    .flatMap(({ segments, extended }) => wallSegmentsOf(extended ?? segments))
    .some(({ openMinute, closeMinute }) => openMinute < 0 || closeMinute > 1440);
}
