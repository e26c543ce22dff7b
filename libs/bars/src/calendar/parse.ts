/**
 * Parses untrusted JSON into a calendar. Checks each field, then the file as a whole: its range, the times of each day, dates that
 * contradict each other, days that overlap. An error lists every problem that its step of the checks found.
 */
import { type FieldProblem, problemsOf } from '../field-problems.js';
import { Calendar } from './days.js';
import { calendarFileSchema, type CalendarFile, type FileSegments } from './calendar-file.js';
import { calendarRules, wallSegmentsOf } from './calendar-rules.js';
import { DAY_MINUTES, dateOf, epochDayOf } from './time.js';

/** Thrown for a calendar file that cannot be used. */
export class CalendarDataError extends Error {
  override readonly name = 'CalendarDataError';
  constructor(readonly problems: readonly FieldProblem[]) {
    const texts = problems.map((p) => `${p.field || 'the calendar file'}: expected ${p.expected}, was ${p.was}`);
    super(texts.join('\n'));
  }
}

/** The calendar in a file's content (docs/calendar.schema.json). @throws {CalendarDataError} with every problem: field, expected and was */
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
  const parsed = calendarFileSchema.safeParse(json);
  if (!parsed.success) throw new CalendarDataError(problemsOf(parsed.error, json));
  const problems = calendarProblems(parsed.data);
  if (problems.length > 0) throw new CalendarDataError(problems);
  return parsed.data;
}

/** Adds a problem to the list. Its texts are shown as they are. */
type ReportText = (field: string, expected: string, was: string) => void;

/** All contradictions in a calendar file whose single fields are valid; none when the calendar can be used. */
function calendarProblems(file: CalendarFile): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const report: ReportText = (field, expected, was) => problems.push({ field, expected, was });
  checkLimits(file, report);
  checkHours(file, report);
  checkDates(file, report);
  // Neighbouring days are compared only when each single day is valid.
  if (problems.length === 0) checkNeighbours(file, report);
  return problems;
}

/** Checks the range of dates, and that the entries of `hours` are in order and do not contradict each other. */
function checkLimits({ firstDate, lastDate, hours }: CalendarFile, report: ReportText): void {
  if (lastDate < firstDate) report('lastDate', `${firstDate} or later`, lastDate);
  hours.forEach(({ from, weekdays }, index) => {
    const previous = hours[index - 1]?.from;
    const field = `hours[${index}].from`;
    if (previous === undefined && from > firstDate) report(field, `${firstDate} (firstDate) or before`, from);
    if (previous !== undefined && from < previous) report(field, `${previous} or after`, from);
    const sameDate = hours.slice(0, index).filter((entry) => entry.from === from);
    const repeated = weekdays.filter((weekday) => sameDate.some((entry) => entry.weekdays.includes(weekday)));
    if (repeated.length === 0) return;
    report(`hours[${index}].weekdays`, `weekdays that no other entry from ${from} has`, repeated.join(', '));
  });
}

/** Checks in `hours` and `specialDays` that segments are in order and that extended hours contain the regular ones. */
function checkHours({ hours, specialDays = [] }: CalendarFile, report: ReportText): void {
  const hasExtended = hours[0]?.extended !== undefined;
  for (const [list, days] of Object.entries({ hours, specialDays })) {
    days.forEach(({ segments, extended }, index) => {
      const field = `${list}[${index}].extended`;
      checkOrder(`${list}[${index}].segments`, segments, report);
      if (extended) checkOrder(field, extended, report);
      if (hasExtended && extended) checkContained(field, segments, extended, report);
      else if (hasExtended) report(field, 'segments, as hours[0] has them', 'nothing');
      else if (extended) report(field, 'nothing, as hours[0] has none', 'segments');
    });
  }
}

/** Checks that segments do not overlap, are not empty, and span at most a day. */
function checkOrder(field: string, segments: FileSegments, report: ReportText): void {
  const walls = wallSegmentsOf(segments);
  segments.forEach(({ open, close }, index) => {
    const { openMinute, closeMinute } = walls[index]!;
    const previous = walls[index - 1];
    if (closeMinute <= openMinute) report(`${field}[${index}].close`, `a time after ${open}`, close);
    if (previous !== undefined && openMinute < previous.closeMinute) {
      report(`${field}[${index}].open`, `${segments[index - 1]?.close}, the close before it, or later`, open);
    }
  });
  const minutes = walls.at(-1)!.closeMinute - walls[0]!.openMinute; // a list has at least one segment
  if (minutes > DAY_MINUTES) report(field, 'a day of at most 1440 minutes', String(minutes));
}

/** Checks that one of the extended segments holds each regular one. */
function checkContained(field: string, regular: FileSegments, extended: FileSegments, report: ReportText): void {
  const extendedSegments = wallSegmentsOf(extended);
  wallSegmentsOf(regular).forEach(({ openMinute, closeMinute }, index) => {
    if (extendedSegments.some((around) => around.openMinute <= openMinute && closeMinute <= around.closeMinute)) return;
    report(field, `a segment that holds all of segments[${index}]`, 'none');
  });
}

/** Checks that each special day and holiday is listed once and is within the range of dates. */
function checkDates({ firstDate, lastDate, holidays = [], specialDays = [] }: CalendarFile, report: ReportText): void {
  const firstUse = new Map<string, string>();
  const lists = [
    { list: 'holidays', dates: holidays },
    ...specialDays.map(({ dates }, index) => ({ list: `specialDays[${index}].dates`, dates })),
  ];
  const uses = lists.flatMap(({ list, dates }) => dates.map((date, index) => ({ field: `${list}[${index}]`, date })));
  for (const { field, date } of uses) {
    const other = firstUse.get(date);
    if (other !== undefined) report(field, `a date that is not ${other} as well`, date);
    if (date < firstDate || date > lastDate) report(field, `a date from ${firstDate} to ${lastDate}`, date);
    firstUse.set(date, field);
  }
}

/** Reports the first day that opens before the previous one has closed. */
function checkNeighbours(file: CalendarFile, report: ReportText): void {
  const hoursOn = calendarRules(file);
  const lastDay = epochDayOf(file.lastDate);
  /** The last close of the days so far, in minutes of wall time after 1970-01-01. */
  let lastClose = Number.NEGATIVE_INFINITY;
  for (let day = epochDayOf(file.firstDate); day <= lastDay; day++) {
    const hours = hoursOn(day);
    const segments = hours?.extended ?? hours?.regular ?? [];
    const [first, last] = [segments[0], segments.at(-1)];
    if (first === undefined || last === undefined) continue;
    const overlapMinutes = lastClose - (day * DAY_MINUTES + first.openMinute);
    if (overlapMinutes > 0) {
      const expected = 'to open when the previous trading day has closed, or later';
      report(`hours of ${dateOf(day)}`, expected, `${overlapMinutes} minutes earlier`);
      return;
    }
    lastClose = day * DAY_MINUTES + last.closeMinute;
  }
}
