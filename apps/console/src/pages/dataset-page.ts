/** One dataset: its rows by symbol and trading day against a calendar. */
import type { CoverageAnswer, DatasetAnswerBody } from '@barkeep/api';
import { call, datasetPath, pagesOf } from '../data/index.js';
import { Heatmap, type Marked } from '../heatmap/index.js';
import {
  countText,
  coverageMatrix,
  strayRows,
  numberText,
  orderedSymbols,
  minuteText,
  type Matrix,
} from '../model/index.js';
import { Table } from '../parts/index.js';
import { EmptyPanel, Failure, html, onValue, useQuery, useResource } from '../shell/index.js';
import { useMemo, useState } from 'preact/hooks';
import { Legend } from './coverage.js';

export function DatasetPage({ id: dataset }: { id: string }) {
  const [calendar, setCalendar] = useQuery('calendar');
  const [typed, setTyped] = useState(calendar || 'XNYS');
  const used = calendar || 'XNYS';
  const summary = useResource(dataset, () => call<DatasetAnswerBody>(datasetPath(dataset)));
  const coverage = useResource(`${dataset} ${used}`, () => readCoverage(dataset, used));
  const error = summary.error ?? coverage.error;
  const reload = () => {
    summary.reload();
    coverage.reload();
  };
  const facts = summary.value;
  const apply = (event: Event) => {
    event.preventDefault();
    setCalendar(typed.trim());
  };
  return html`<div class="page-head">
      <h1>${dataset}</h1>
      ${facts && html`<span class="badge">${summaryOf(facts)}</span>`}
      ${facts?.withoutVolume && html`<span class="badge">without volume</span>`}
      ${facts?.prices === 'any' && html`<span class="badge">negative prices</span>`}
      <span class="grow"></span>
      <form class="inline" onSubmit=${apply}>
        <label>calendar<input value=${typed} onInput=${onValue(setTyped)} /></label>
        <button type="submit">Show</button>
      </form>
    </div>
    <${Failure} error=${error} retry=${reload} />
    ${
      coverage.value
        ? html`<${Rows} matrix=${coverage.value.matrix} calendar=${used} />
            <${Stray} stray=${coverage.value.stray} calendar=${used} />`
        : error
          ? ''
          : html`<p class="empty">Counting rows …</p>`
    }
    ${facts && html`<${Quarantined} quarantined=${facts.quarantined} />`}`;
}

function summaryOf({ rows, symbols, first, last }: DatasetAnswerBody): string {
  const range = rows === 0 ? [] : [`${minuteText(first)} to ${minuteText(last)} UTC`];
  return [countText(rows, 'row'), countText(symbols.length, 'symbol'), ...range].join(' · ');
}

interface DatasetCoverage {
  matrix: Matrix;
  stray: ReturnType<typeof strayRows>;
}

/** Rows that the calendar has no minute for; nothing when there are none. */
function Stray({ stray, calendar }: { stray: DatasetCoverage['stray']; calendar: string }) {
  const { outside, extended, worst } = stray;
  if (outside + extended === 0) return null;
  const most = worst === null ? '' : `, most of them of ${worst}`;
  const where = `Rows outside the hours of ${calendar}: ${numberText(outside)}${most}. Rows in its extended hours: ${numberText(extended)}.`;
  return html`<p class="warning">${where} Is the time zone right?</p>`;
}

/** Records that the import did not store: those that were refused, and those that conflict with a stored bar. */
function Quarantined({ quarantined }: Pick<DatasetAnswerBody, 'quarantined'>) {
  const { conflict = 0, ...refusals } = quarantined.reasons;
  const refused = Object.entries(refusals).map(([reason, count]) => `${reason} ${numberText(count)}`);
  const isConflict = ({ reason }: Example) => reason === 'conflict';
  return [
    html`<${Records}
      title="Refused records"
      rows=${quarantined.rows - conflict}
      about=${refused.join(', ')}
      none="None is stored. The summary of an import names the lines that it could not read."
      examples=${quarantined.examples.filter((example) => !isConflict(example))}
    />`,
    html`<${Records}
      title="Conflicts"
      rows=${conflict}
      about="a bar of the same symbol and time was stored before, with other values"
      none="None."
      examples=${quarantined.examples.filter(isConflict)}
    />`,
  ];
}

type Example = DatasetAnswerBody['quarantined']['examples'][number];

interface RecordsProperties {
  title: string;
  rows: number;
  about: string;
  /** Text when there are no records. */
  none: string;
  examples: readonly Example[];
}

/** Records of one kind: how many, and those of the first ones that the answer has. */
function Records({ title, rows, about, none, examples }: RecordsProperties) {
  const heading = rows === 0 ? title : `${title}: ${numberText(rows)} (${about})`;
  if (examples.length === 0) return html`<${EmptyPanel} title=${heading} text=${rows === 0 ? none : undefined} />`;
  const lines = examples.map(({ symbol, time, reason, close, volume }, line) => [
    String(line),
    symbol,
    minuteText(time),
    reason,
    close ?? '–',
    volume ?? '–',
  ]);
  const columns = ['symbol', 'time (UTC)', 'reason', '#close', '#volume'];
  return html`<${Table} caption=${`${heading}, the first ones`} columns=${columns} rows=${lines} />`;
}

function Rows({ matrix, calendar }: { matrix: Matrix; calendar: string }) {
  const [marked, setMarked] = useState<Marked>();
  const symbols = useMemo(() => orderedSymbols(matrix, 'worst'), [matrix]);
  if (symbols.length === 0)
    return html`<${EmptyPanel}
      title=${`Rows by symbol and trading day of ${calendar}`}
      text="The dataset has no row. An import of valid bars into it adds them."
    />`;
  return html`<section class="panel coverage">
    <h2>Rows by symbol and trading day of ${calendar}, ${symbols.length} × ${matrix.days.length}, worst first</h2>
    <${Heatmap}
      label="Rows of the dataset by symbol and trading day"
      matrix=${matrix}
      symbols=${symbols}
      openDay=${matrix.days.length}
      marked=${marked}
      onMark=${setMarked}
    />
    <${Legend} states=${['whole', 'absent']} />
    <p class="empty">
      A number counts the minutes of the calendar that have no row. Whether they are holes or quiet minutes, a session
      with backfill finds out.
    </p>
  </section>`;
}

/** All pages of the coverage as one matrix. */
async function readCoverage(dataset: string, calendar: string): Promise<DatasetCoverage> {
  const pages: CoverageAnswer[] = [];
  const path = `${datasetPath(dataset)}/coverage?calendar=${encodeURIComponent(calendar)}`;
  const read = pagesOf(path, call<CoverageAnswer>, ({ nextAfter }) => nextAfter);
  for await (const page of read) pages.push(page);
  return { matrix: coverageMatrix(pages), stray: strayRows(pages) };
}
