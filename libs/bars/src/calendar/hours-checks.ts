/**
 * Checks the times of one day: segments in order, extended hours around regular ones.
 * Guarantees: every problem is listed, not only the first. Not responsible for dates (checks.ts).
 */
import type { CalendarProblem } from './errors.js';
import { wallSegmentsOf } from './rules.js';
import type { CalendarFile, FileSegments } from './schema.js';

/** All contradictions in the hours and special days of a calendar file. */
export function hoursProblems({ hours, specialDays = [] }: CalendarFile): CalendarProblem[] {
  const hasExtended = hours[0]?.extended !== undefined;
  const days = [
    ...hours.map(({ segments, extended }, index) => ({ field: `hours[${index}]`, segments, extended })),
    ...specialDays.map(({ segments, extended }, index) => ({ field: `specialDays[${index}]`, segments, extended })),
  ];
  return days.flatMap(({ field, segments, extended }) => [
    ...orderProblems(`${field}.segments`, segments),
    ...(extended === undefined ? [] : orderProblems(`${field}.extended`, extended)),
    ...extendedProblems(`${field}.extended`, segments, extended, hasExtended),
  ]);
}

function orderProblems(field: string, segments: FileSegments): CalendarProblem[] {
  const walls = wallSegmentsOf(segments);
  const problems = segments.flatMap(({ open, close }, index) => {
    const wall = walls[index];
    const previous = walls[index - 1];
    if (wall === undefined) return [];
    const found: CalendarProblem[] = [];
    if (wall.closeMinute <= wall.openMinute) {
      found.push({ field: `${field}[${index}].close`, expected: `a time after ${open}`, was: close });
    }
    if (previous !== undefined && wall.openMinute < previous.closeMinute) {
      const expected = `${segments[index - 1]?.close}, the close before it, or later`;
      found.push({ field: `${field}[${index}].open`, expected, was: open });
    }
    return found;
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
): CalendarProblem[] {
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
