/** `barkeep calendar show | check`: prints a calendar's trading days, or checks a calendar, also against a table. */
import { readFile } from 'node:fs/promises';
import {
  type Calendar,
  CalendarBook,
  calendarIds,
  calendarNamed,
  DayGrid,
  type Hours,
  parseInterval,
  type TradingDay,
} from '@barkeep/bars';
import { readCalendars } from '@barkeep/service';
import { Option } from 'commander';
import {
  CliError,
  formatCount,
  EXIT,
  type OutputOptions,
  printResult,
  readOption,
  table,
  UsageError,
} from '../terminal/index.js';
import { shortTime } from '../report/index.js';
import { compareWithTable } from './calendar-table.js';
import { CliCommand } from './command.js';

interface ShowOptions extends OutputOptions {
  from: string;
  to: string;
  hours: Hours;
}

interface CheckOptions extends OutputOptions {
  table?: string;
}

/** Limit for `show`: 27 years. */
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
    .requiredOption('--from <date>', 'first date, YYYY-MM-DD')
    .requiredOption('--to <date>', 'last date, included')
    .addOption(new Option('--hours <hours>').choices(['regular', 'extended']).default('regular'))
    .option('--json', 'print an array of { date, segments: [{ open, close }], slotCount }')
    .work(async (context, id: string, options: ShowOptions) => {
      const calendar = await context.calendar(id, 'calendar');
      const days = daysOf(calendar, options).map(lineOf);
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
    .work(async (_context, named: string, options: CheckOptions) => {
      const calendar = await calendarOf(named, options);
      const { id, name, zone, firstDate, lastDate } = calendar;
      const compared =
        options.table === undefined ? undefined : compareWithTable(calendar, await readText(options.table));
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

/** The calendar of a file, or with a table also a shipped one by name. */
async function calendarOf(named: string, options: CheckOptions): Promise<Calendar> {
  if (options.table && calendarIds().includes(named)) return calendarNamed(named);
  const calendars = await readCalendars(named);
  // Throws when a shipped calendar has the same name.
  return new CalendarBook(calendars).named(calendars[0]!.id);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CliError(`--table: expected a readable file, was ${path}`, EXIT.failed, { cause: error });
  }
}

function daysOf(calendar: Calendar, { from, to, hours }: ShowOptions): TradingDay[] {
  const span = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  if (span > DAYS_MAX) throw new UsageError(`expected at most ${DAYS_MAX} days, was ${from} to ${to}`);
  return readOption('calendar', () => calendar.tradingDays(from, to, hours));
}

/** The times as ISO 8601, and the number of expected one-minute bars. */
function lineOf(day: TradingDay) {
  const iso = (time: number): string => new Date(time).toISOString();
  const segments = day.segments.map(({ open, close }) => ({ open: iso(open), close: iso(close) }));
  return { date: day.date, segments, slotCount: new DayGrid(day, parseInterval('1m')).slotCount };
}

function daysTable(days: readonly ReturnType<typeof lineOf>[]): string {
  if (days.length === 0) return 'no trading day in that range';
  const rows = days.map(({ date, segments, slotCount }) => {
    const times = segments.map(({ open, close }) => `${shortTime(open)} – ${shortTime(close)}`);
    return [date, times.join(', '), slotCount];
  });
  return table(['date', 'segments (UTC)', 'minutes'], rows);
}
