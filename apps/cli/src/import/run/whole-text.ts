/** What the whole text of an entry decides, before any of its rows is stored. */
import { type ChosenVolume, type FilePlan, type FileStart, isJson } from '../detect/index.js';
import type { InputEntry } from '../files/index.js';
import { FilePlanError } from '../reading/index.js';
import { JsonRows, type Splitter, splitterOf } from '../rows/index.js';
import { planByStart } from './entries.js';
import type { ImportPlan } from './import-plan.js';
import { refuseLateNames } from './mixed-symbols.js';

/** A text in pieces. */
export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Plans an entry by its start and its whole text. Reads the text only where it must: to check that JSON is whole, and to
 * choose between several volume columns. @param text gives the text from its first byte on @throws FilePlanError
 */
export async function planByText(
  entry: InputEntry,
  start: FileStart,
  { read, oneSymbol }: ImportPlan,
  text: () => Pieces,
): Promise<FilePlan | undefined> {
  const lateNames = isJson(start.head) ? await checkJson(text()) : new Set<string>();
  const plan = planByStart(entry, start, read);
  if (plan === undefined) return undefined;
  if (plan.reader.symbol !== undefined && !oneSymbol) refuseLateNames(lateNames);
  const volume = await chosenVolume(plan, text);
  return volume === undefined ? plan : planByStart(entry, { ...start, volume }, read);
}

/**
 * Checks JSON from its first piece to its last, so that no half of a damaged file is stored.
 * @returns see `JsonRows.lateNames` @throws FilePlanError
 */
async function checkJson(text: Pieces): Promise<ReadonlySet<string>> {
  let problem: FilePlanError | undefined;
  const rows = new JsonRows({
    row: () => undefined,
    refuse: (line, reason, detail) => {
      if (reason !== 'bad-json') return; // a single row, which is refused when it is read
      problem = new FilePlanError('unreadable-file', `the JSON is cut short, damaged or inconsistent: ${detail}`, line);
    },
  });
  await splitText(text, rows);
  if (problem !== undefined) throw problem;
  return rows.lateNames;
}

/** Reads all rows to choose between the volume columns; undefined for a file that has at most one. */
async function chosenVolume(plan: FilePlan, text: () => Pieces): Promise<ChosenVolume | undefined> {
  const choice = plan.volumeChoice?.();
  if (choice === undefined) return undefined;
  await splitText(text(), splitterOf(plan.delimiter, choice));
  return choice.chosen;
}

/** Splits a whole text into rows. @param afterPiece is awaited after each piece */
export async function splitText(text: Pieces, splitter: Splitter, afterPiece?: () => Promise<void>): Promise<void> {
  for await (const piece of text) {
    splitter.push(piece);
    await afterPiece?.();
  }
  splitter.end();
}

/** The pieces, until the user stops the import. @throws the reason of `signal` */
export async function* stoppable(pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    yield piece;
  }
}
