/** `barkeep calendar show` prints trading days; `check` checks a file, or compares a calendar with a table of days. */
import { readFile } from 'node:fs/promises';
import {
  type Calendar,
  CalendarBook,
  calendarIds,
  calendarNamed,
  DAY_MS,
  DayGrid,
  type Hours,
  parseInterval,
  type TradingDay,
} from '@barkeep/bars';
import { readCalendars } from '@barkeep/service';
import { shortTime } from '../report/index.js';
import {
  dateReader,
  EXIT,
  expecting,
  formatCount,
  type OutputOptions,
  printResult,
  readOption,
  table,
  UsageError,
} from '../terminal/index.js';
import { compareWithTable } from '../calendar-table.js';
import { CliCommand } from './command.js';

type ShowOptions = OutputOptions & { from: string; to: string; hours: Hours };
type CheckOptions = OutputOptions & { table?: string };

/** Longest range of dates for `show`, in days: 27 years. */
const DAYS_MAX = 10_000;

export const calendarCommand = () =>
  new CliCommand('calendar', 'show a trading calendar, or check a calendar file')
    .addCommand(showCommand())
    .addCommand(checkCommand());

function showCommand(): CliCommand {
  return new CliCommand(
    'show',
    'print the trading days of a calendar, times in UTC',
    '\nExample:\n  barkeep calendar show XNYS --from 2013-11-25 --to 2013-11-29',
  )
    .argument('<id>', `one of ${calendarIds().join(', ')}, or one in the folder BARKEEP_CALENDARS_DIR`)
    .requiredOption('--from <date>', 'first date, YYYY-MM-DD', dateReader('--from'))
    .requiredOption('--to <date>', 'last date, included', dateReader('--to'))
    .hours()
    .option('--json', 'print an array of { date, segments: [{ open, close }], slotCount }')
    .work(async (context, id: string, options: ShowOptions) => {
      const calendar = await context.calendar(id, 'calendar');
      const days = daysOf(calendar, options).map(printedDay);
      printResult(options, days, () => daysTable(days));
    });
}

function checkCommand(): CliCommand {
  return new CliCommand(
    'check',
    'check a calendar file (its form: docs/calendar.schema.json), or compare a calendar with a table',
    '\nExamples:\n  barkeep calendar check my-venue.json\n  barkeep calendar check XLON --table xlon.csv',
  )
    .argument('<calendar>', 'a calendar file, or with --table the name of a shipped calendar')
    .option('--table <csv>', 'trading days to compare with: date,open,close,break_start,break_end, times in UTC')
    .option('--json', 'print { id, name, zone, firstDate, lastDate, ok }, with --table also days and differences')
    .work(async (_context, fileOrId: string, options: CheckOptions) => {
      const calendar = await calendarOf(fileOrId, options);
      const { id, name, zone, firstDate, lastDate } = calendar;
      const compared = options.table === undefined ? undefined : await compareWithFile(calendar, options.table);
      const ok = !compared || compared.differences.length === 0;
      printResult(options, { id, name, zone, firstDate, lastDate, ok, ...compared }, () => {
        if (!compared) return `${id} (${name}, ${zone}) is valid, known from ${firstDate} to ${lastDate}`;
        if (ok) return `${id} has exactly the ${formatCount(compared.days)} trading days of ${options.table}`;
        const rows = compared.differences.map((day) => [day.date, day.calendar, day.table]);
        return table(['date', `${id} (UTC)`, 'table'], rows);
      });
      return ok ? EXIT.ok : EXIT.failed;
    });
}

/** The calendar in a file; with `--table` the name of a shipped calendar is accepted too. */
async function calendarOf(fileOrId: string, options: CheckOptions): Promise<Calendar> {
  if (options.table && calendarIds().includes(fileOrId)) return calendarNamed(fileOrId);
  const calendars = await readCalendars(fileOrId);
  // Throws when a shipped calendar has the same name.
  return new CalendarBook(calendars).named(calendars[0]!.id);
}

async function compareWithFile(calendar: Calendar, path: string) {
  return compareWithTable(calendar, await expecting('--table: expected a file', () => readFile(path, 'utf8')));
}

function daysOf(calendar: Calendar, { from, to, hours }: ShowOptions): TradingDay[] {
  if (from > to) throw new UsageError(`--to: expected a date from ${from} on, was ${to}`);
  const dayCount = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  if (dayCount > DAYS_MAX) throw new UsageError(`expected at most ${DAYS_MAX} days, was ${from} to ${to}`);
  return readOption('calendar', () => calendar.tradingDays(from, to, hours));
}

/** A trading day as --json prints it: its times in ISO 8601, and `slotCount`, the number of expected one-minute bars. */
function printedDay(day: TradingDay) {
  const iso = (time: number): string => new Date(time).toISOString();
  const segments = day.segments.map(({ open, close }) => ({ open: iso(open), close: iso(close) }));
  return { date: day.date, segments, slotCount: new DayGrid(day, parseInterval('1m')).slotCount };
}

function daysTable(days: readonly ReturnType<typeof printedDay>[]): string {
  if (days.length === 0) return 'no trading day in that range';
  const rows = days.map(({ date, segments, slotCount }) => {
    const times = segments.map(({ open, close }) => `${shortTime(open)} – ${shortTime(close)}`);
    return [date, times.join(', '), slotCount];
  });
  return table(['date', 'segments (UTC)', 'minutes'], rows);
}
