/**
 * Checks a calendar file as a whole: its range, the times of each day, dates that contradict each other, days that overlap.
 * Guarantees: every problem is listed, not only the first. Not responsible for the form of single fields (schema.ts).
 */
import type { FieldProblem } from '../field-problems.js';
import { dateOf, epochDayOf } from './dates.js';
import { CalendarRules, wallSegmentsOf } from './rules.js';
import type { CalendarFile, FileSegments } from './schema.js';

/** All contradictions in a calendar file of the right form; none when the calendar can be used. */
export function calendarProblems(file: CalendarFile): FieldProblem[] {
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
