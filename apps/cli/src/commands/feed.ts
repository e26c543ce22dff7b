/** `barkeep feed`: feeds bars from files to a session whose source is a feed. */
import { FedBarsLostError } from '@barkeep/client';
import { countsText, formatCount, EXIT, note, type Progress, printResult, withProgress } from '../terminal/index.js';
import { FeedWriter, importBars, type ImportSummary, inputFiles, summaryText } from '../import/index.js';
import type { Context } from '../services/index.js';
import { type CliCommand, sessionCommand, type SessionOptions } from './command.js';
import { fileProgress, type FileOptions, planOf, withFiles } from './import-options.js';

interface FeedOptions extends FileOptions, SessionOptions {
  /** Whether to end the streams after the last bar; false with --no-end. */
  end: boolean;
}

interface FeedSummary extends ImportSummary {
  /** Accepted bars that arrived after the session had passed their time. */
  late: number;
  /** Number of bars that the session refused, by reason. */
  refusedBySession: Record<string, number>;
}

/** How many times the files are sent again after the session Redis lost some of their bars. */
const RESENDS_MAX = 3;

const EXAMPLES = `
Examples:
  barkeep feed my-session data/lean --format lean
  barkeep feed my-session monday.csv --symbol SPY --tz America/New_York --no-end
  barkeep feed my-session tuesday.csv --symbol SPY --tz America/New_York

Files are read as by "barkeep import", one after another. A session waits for all of its open streams and drops
a stream that is silent for feed.timeoutSeconds. So feed several symbols from several processes, or from one file that has
them in time order. Feeding the same bars again is harmless: they count as duplicates. When the session Redis loses bars that
this command has sent, it sends its files again from the beginning, at most ${RESENDS_MAX} times.

Exit code: 0 when the session has bars of the files, 1 when it accepted none, or lost bars that must be sent again.`;

export function feedCommand(): CliCommand {
  const argument = 'a started session whose source is a feed';
  return withFiles(sessionCommand('feed', 'feed bars from files to a session', EXAMPLES, argument))
    .option('--no-end', 'leave the streams open for more bars')
    .work(async (context, id: string, names: string[], options: FeedOptions) => {
      const summary = await feed(context, id, names, options);
      printResult(options, summary, () => feedText(summary));
      return summary.accepted + summary.duplicate > 0 ? EXIT.ok : EXIT.failed;
    });
}

async function feed(context: Context, id: string, names: string[], options: FeedOptions): Promise<FeedSummary> {
  const settings = await planOf(context, id, options); // report wrong options before wrong files
  const plan = { ...settings, files: await inputFiles(names, options.format === 'lean') };
  const session = (await context.client(options)).session(id);
  let writer = new FeedWriter(session, options.end);
  // Counts of an earlier writer are dropped: its bars are sent again and counted by the new writer.
  const feedAll = async (progress: Progress): Promise<FeedSummary> => {
    const onProgress = fileProgress(plan.files, progress);
    for (let resends = 0; ; resends++) {
      try {
        return { ...(await importBars(plan, writer, { onProgress })), ...resultOf(writer) };
      } catch (error) {
        if (!(error instanceof FedBarsLostError) || resends === RESENDS_MAX || !writer.hasFedLostBars(error))
          throw error;
        progress.pause();
        note(`the session Redis lost ${formatCount(error.bars)} fed bars of ${error.symbol}: sending the files again`);
        writer = new FeedWriter(session, options.end);
      }
    }
  };
  return withProgress(`feed ${id}`, options.json, feedAll, () => {
    const accepted = writer.fed.reduce((sum, result) => sum + result.accepted, 0);
    return `the session keeps the ${formatCount(accepted)} bars that it got`;
  });
}

function resultOf({ fed }: FeedWriter): Pick<FeedSummary, 'late' | 'refusedBySession'> {
  const refusedBySession: Record<string, number> = {};
  for (const [reason, bars] of fed.flatMap(({ refused }) => Object.entries(refused))) {
    refusedBySession[reason] = (refusedBySession[reason] ?? 0) + bars;
  }
  return { late: fed.reduce((sum, { late }) => sum + late, 0), refusedBySession };
}

function feedText(summary: FeedSummary): string {
  const refused = countsText(summary.refusedBySession);
  const lines = [summaryText(summary, 'session'), `  late         ${formatCount(summary.late)}`];
  if (refused !== '') lines.push(`  refused by the session: ${refused}`);
  return lines.join('\n');
}
