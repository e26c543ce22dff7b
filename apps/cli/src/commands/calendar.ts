/** `barkeep calendar show | check`: prints a calendar's trading days, or checks a calendar file. */
import {
  CalendarBook,
  calendarIds,
  calendarNamed,
  DayGrid,
  type Hours,
  parseInterval,
  type TradingDay,
} from '@barkeep/bars';
import { readCalendars, useOwnCalendars } from '@barkeep/service';
import { Command, Option } from 'commander';
import { CliError, EXIT, type OutputOptions, printResult, table } from '../terminal/index.js';
import { shortTime } from '../report/index.js';
import type { RunCommand } from './run-command.js';

interface ShowOptions extends OutputOptions {
  from: string;
  to: string;
  hours: Hours;
}

interface DayLine {
  date: string;
  segments: { open: string; close: string }[];
  /** Number of expected one-minute bars. */
  slotCount: number;
}

/** Limit for `show`: 27 years. */
const DAYS_MAX = 10_000;

export function calendarCommand(run: RunCommand): Command {
  return new Command('calendar')
    .description('show a trading calendar, or check a calendar file')
    .addCommand(showCommand(run))
    .addCommand(checkCommand(run));
}

function showCommand(run: RunCommand): Command {
  return new Command('show')
    .description('print the trading days of a calendar, times in UTC')
    .argument('<id>', `one of ${calendarIds().join(', ')}, or one in the folder BARKEEP_CALENDARS_DIR`)
    .requiredOption('--from <date>', 'first date, YYYY-MM-DD')
    .requiredOption('--to <date>', 'last date, included')
    .addOption(new Option('--hours <hours>').choices(['regular', 'extended']).default('regular'))
    .option('--json', 'print an array of { date, segments: [{ open, close }], slotCount }')
    .addHelpText('after', '\nExample:\n  barkeep calendar show XNYS --from 2013-11-25 --to 2013-11-29')
    .action((id: string, options: ShowOptions) =>
      run(async (context) => {
        await useOwnCalendars(context.env.config.calendars.dir);
        const days = daysOf(id, options).map(lineOf);
        printResult(options, days, () => daysTable(days));
        return EXIT.ok;
      }),
    );
}

function checkCommand(run: RunCommand): Command {
  return new Command('check')
    .description('check a calendar file (its form: docs/calendar.schema.json)')
    .argument('<file>')
    .option('--json', 'print { id, name, zone, firstDate, lastDate, ok }')
    .addHelpText('after', '\nExample:\n  barkeep calendar check my-venue.json')
    .action((file: string, options: OutputOptions) =>
      run(async () => {
        const calendars = await readCalendars(file);
        // Throws when a shipped calendar has the same name.
        const { id, name, zone, firstDate, lastDate } = new CalendarBook(calendars).named(calendars[0]!.id);
        const result = { id, name, zone, firstDate, lastDate, ok: true };
        printResult(options, result, () => `${id} (${name}, ${zone}) is valid, known from ${firstDate} to ${lastDate}`);
        return EXIT.ok;
      }),
    );
}

function daysOf(id: string, { from, to, hours }: ShowOptions): TradingDay[] {
  const span = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  if (span > DAYS_MAX) throw new CliError(`expected at most ${DAYS_MAX} days, was ${from} to ${to}`);
  return calendarNamed(id).tradingDays(from, to, hours);
}

function lineOf(day: TradingDay): DayLine {
  const segments = day.segments.map(({ open, close }) => ({
    open: new Date(open).toISOString(),
    close: new Date(close).toISOString(),
  }));
  return { date: day.date, segments, slotCount: new DayGrid(day, parseInterval('1m')).slotCount };
}

function daysTable(days: readonly DayLine[]): string {
  if (days.length === 0) return 'no trading day in that range';
  const rows = days.map(({ date, segments, slotCount }) => [
    date,
    segments.map(({ open, close }) => `${shortTime(open)} – ${shortTime(close)}`).join(', '),
    slotCount,
  ]);
  return table(['date', 'segments (UTC)', 'minutes'], rows);
}
