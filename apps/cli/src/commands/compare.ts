/** `barkeep compare`: says whether two runs saw the same data, or where they differ first. */
import type { BarAnswer } from '@barkeep/client';
import { CliError, formatCount, EXIT, errorText, printResult, withProgress, table } from '../terminal/index.js';
import { BAR_HEAD, barCells, shortTime } from '../report/index.js';
import type { Context } from '../services/index.js';
import { SessionCommand, type SessionOptions } from './command.js';
import { compareRuns, type Comparison, openRun, type Run, sameConsumers } from './compare-runs.js';

const EXAMPLES = `
Examples:
  barkeep compare monday tuesday
  barkeep compare monday monday.certificate.json

Each argument is a session or a file that "barkeep certify" saved. A file has no bars: there the answer is the day.
For consumers whose names are in both runs it also says whether they got the same bars. That depends on how far each
consumer came and in which steps, so it does not count as a difference between the runs.

Exit code: 0 when the two are equal, 1 when they differ, 2 when they could not be compared.`;

export const compareCommand = () =>
  new SessionCommand('compare', 'say whether two runs have the same bars, or show the first bar that differs', EXAMPLES)
    .argument('<a>', 'a session, or a saved certificate')
    .argument('<b>', 'another one')
    .work((context, a: string, b: string, options: SessionOptions) =>
      compare(context, a, b, options).catch((error: unknown) => {
        context.life.signal.throwIfAborted();
        throw new CliError(errorText(error), EXIT.notCompared, { cause: error });
      }),
    );

async function compare(context: Context, nameOfA: string, nameOfB: string, options: SessionOptions): Promise<number> {
  const coordinator = () => context.existingCoordinator(options);
  const { a, b, found } = await withProgress('compare', options.json, async (progress) => {
    progress.update(0, `certificate of ${nameOfA}`);
    const first = await openRun(nameOfA, coordinator);
    progress.update(0, `certificate of ${nameOfB}`);
    const second = await openRun(nameOfB, coordinator);
    const comparison = await compareRuns(first, second, coordinator, (done, text) => progress.update(done, text));
    return { a: first, b: second, found: comparison };
  });
  const consumers = sameConsumers(a.certificate.consumers, b.certificate.consumers);
  const deliveries = consumers.map(
    ({ name, equal }) => `consumer ${name}: ${equal ? 'equal' : 'different'} deliveries`,
  );
  printResult(options, { ...resultOf(a, b, found), consumers }, () => [textOf(a, b, found), ...deliveries].join('\n'));
  return found.day ? EXIT.failed : EXIT.ok;
}

function resultOf(a: Run, b: Run, { equalDays, day, bar }: Comparison): object {
  const side = ({ name, certificate: { digest, days } }: Run) => ({ name, digest, days: days.length });
  const first = bar && { ...bar, a: bar.a?.raw ?? null, b: bar.b?.raw ?? null };
  return { equal: !day, equalDays, a: side(a), b: side(b), date: day?.date ?? null, bar: first ?? null };
}

function textOf(a: Run, b: Run, { equalDays, day, bar }: Comparison): string {
  if (!day) return `equal: ${dayCount(equalDays)}, ${a.certificate.digest}`;
  const before = equalDays > 0 ? `, after ${dayCount(equalDays)} without a difference` : '';
  if (!day.a || !day.b) return `different: ${day.date} is in ${(day.a ? a : b).name} only${before}`;
  if (!a.session || !b.session) return `different: ${day.date}${before}; bars are compared between two sessions`;
  if (!bar)
    return `different: ${day.date}${before}, in the dataset that bars come from; all prices and volumes are equal`;
  const where = `${bar.symbol} ${bar.interval} ${shortTime(bar.openTime)}`;
  const onlyIn = bar.a && bar.b ? '' : `, in ${(bar.a ? a : b).name} only`;
  const rows = [row(a.name, bar.a), row(b.name, bar.b)];
  return `different: ${where}${onlyIn}${before}\n${table(['', ...BAR_HEAD], rows)}`;
}

function row(name: string, bar: BarAnswer | null): string[] {
  return [name, ...(bar ? barCells(bar) : ['no bar'])];
}

function dayCount(number: number): string {
  return number === 1 ? '1 day' : `${formatCount(number)} days`;
}
