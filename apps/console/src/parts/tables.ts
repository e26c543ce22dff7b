/** A table for any rows, and the tables of a session's gaps and consumers and of the queues. */
import type { QueuesAnswer, SessionAnswer } from '@barkeep/api';
import { call } from '../data/index.js';
import { clockText, durationText, numberText, minuteText, type GapLine } from '../model/index.js';
import { button, EmptyPanel, Failure, html, useResource, useTicks } from '../shell/index.js';

interface TableProperties {
  caption: string;
  /** Column titles. The prefix `#` marks a column of numbers, `!` a column of long texts, which wrap; it is not shown. */
  columns: readonly string[];
  /** Each row has a key that is unique in the table, then one cell per column. */
  rows: readonly (readonly [key: string, ...cells: unknown[]])[];
  /** The text that replaces a table without rows. */
  empty?: string;
}

const COLUMN_CLASSES: Record<string, string> = { '#': 'number', '!': 'long-text' };

/** A panel with a table. Screen readers announce it by its caption. */
export function Table({ caption, columns, rows, empty }: TableProperties) {
  if (rows.length === 0 && empty) return html`<${EmptyPanel} title=${caption} text=${empty} />`;
  const classOf = (column: string) => COLUMN_CLASSES[column.charAt(0)];
  const heading = (column: string) =>
    html`<th key=${column} scope="col" class=${classOf(column)}>${column.replace(/^[#!]/, '')}</th>`;
  const cellIn = (column: string, cell: unknown) => html`<td key=${column} class=${classOf(column)}>${cell}</td>`;
  return html`<section class="panel">
    <div class="table-box" tabindex="0" role="region" aria-label=${caption}>
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${columns.map(heading)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ([key, ...cells]) =>
              html`<tr key=${key}>
                ${columns.map((column, index) => cellIn(column, cells[index]))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

interface GapTableProperties {
  session: string;
  symbol: string;
  date: string;
  lines: readonly GapLine[];
  /** Called with the range that the user wants to see in the chart. */
  onShow: (line: GapLine) => void;
}

/** The gaps of a symbol on one day, and the ranges that were filled. */
export function GapTable({ session, symbol, date, lines, onShow }: GapTableProperties) {
  const caption = `Gaps of ${symbol} on ${date} in ${session}`;
  const rows = lines.map((line) => [
    line.start, // the key of the row
    button(minuteText(line.start), () => onShow(line), { class: 'link' }),
    clockText(line.end),
    line.bars,
    line.status,
    line.attempts ?? '–',
    line.lastError ?? '–',
  ]);
  const columns = ['from (UTC)', 'to', '#bars', 'state', '#asks', '!last error'];
  return html`<${Table} caption=${caption} columns=${columns} rows=${rows} empty="No gap and no filled range." />`;
}

/** The consumers of a session, and how far each one is behind the clock. */
export function ConsumerTable({ consumers, clock }: Pick<SessionAnswer, 'consumers' | 'clock'>) {
  const rows = consumers.map(({ name, time, steps, bars, state }) => {
    const behind = clock === null ? 0 : Math.max(0, Date.parse(clock) - Date.parse(time));
    const lag = behind === 0 ? '0' : durationText(behind);
    return [name, name, minuteText(time), lag, numberText(steps), numberText(bars), state]; // the key of the row first
  });
  const columns = ['name', 'at (UTC)', '#behind', '#steps', '#bars', 'state'];
  const empty = 'No strategy has followed this session.';
  return html`<${Table} caption="Consumers" columns=${columns} rows=${rows} empty=${empty} />`;
}

/** A job that waits longer than this is marked, ms. */
const LATE_MS = 10_000;
const QUEUE_COLUMNS = ['queue', '#oldest waiting', '#waiting', '#running', '#delayed', '#failed', '#repair p50 / p99'];

/** The queues, read from the API. @param version a new number reads them again */
export function QueuePanel({ version }: { version: number }) {
  const { value, error, reload } = useResource('queues', () => call<QueuesAnswer>('/v1/queues'), version);
  const isAllowed = value !== undefined; // a user's key may not read the queues
  useTicks(() => isAllowed && reload());
  if (error)
    return html`<section class="panel">
      <h2>Upkeep</h2>
      <${Failure} error=${error} retry=${reload} />
    </section>`;
  return html`<${QueueTable} queues=${value?.queues ?? []} />`;
}

/** The queues: the age of the oldest waiting job, the number of jobs by state, and the repair times. */
export function QueueTable({ queues }: { queues: QueuesAnswer['queues'] }) {
  const rows = queues.map(({ name, oldestWaitingMs, waiting, active, delayed, failed, repairMs }) => {
    const oldest = oldestWaitingMs === null ? '–' : durationText(oldestWaitingMs);
    return [
      name, // the key of the row
      name,
      (oldestWaitingMs ?? 0) > LATE_MS ? html`<span class="late">${oldest}</span>` : oldest,
      ...[waiting, active, delayed, failed].map(numberText),
      repairMs === null ? '–' : `${durationText(repairMs.p50)} / ${durationText(repairMs.p99)}`,
    ];
  });
  return html`<${Table} caption="Upkeep" columns=${QUEUE_COLUMNS} rows=${rows} />`;
}
