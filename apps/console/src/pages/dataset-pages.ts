/** The page with all datasets, and the page of one dataset, which compares its rows with the minutes of a calendar. */
import type { CoverageAnswer, DatasetAnswerBody, DatasetPageAnswer } from '@barkeep/api';
import { apiPath, call, pagesOf } from '../data/index.js';
import { Heatmap, Legend, type Marked } from '../heatmap/index.js';
import {
  countText,
  coverageMatrix,
  datasetHref,
  strayRows,
  numberText,
  orderedSymbols,
  minuteText,
  type Matrix,
} from '../model/index.js';
import { Table } from '../parts/index.js';
import { EmptyPanel, Failure, html, onValue, useQuery, useResource } from '../shell/index.js';
import { useMemo, useState } from 'preact/hooks';
import { Quarantined } from './quarantined.js';

const DEFAULT_CALENDAR = 'XNYS';
/** The titles of the columns. `Table` explains the prefix. */
const COLUMNS = ['dataset', '#symbols', 'first bar (UTC)', 'last bar (UTC)'];

export function DatasetsPage() {
  const { value, error, reload } = useResource('datasets', () => call<DatasetPageAnswer>('/v1/datasets'));
  const datasets = value?.datasets ?? [];
  const rows = datasets.map(({ name, symbols, first, last }) => [
    name, // the key of the row
    html`<a href=${datasetHref(name)}>${name}</a>`,
    numberText(symbols),
    minuteText(first),
    minuteText(last),
  ]);
  return html`<div class="page-head"><h1>Datasets</h1></div>
    <${Failure} error=${error} retry=${reload} />
    ${
      value &&
      (datasets.length === 0
        ? html`<p class="empty">No dataset yet. <code>barkeep import FILE --dataset NAME</code> makes one.</p>`
        : html`<${Table} caption="Datasets" columns=${COLUMNS} rows=${rows} />`)
    }`;
}

export function DatasetPage({ id: dataset }: { id: string }) {
  const [chosenCalendar, setCalendar] = useQuery('calendar');
  const calendar = chosenCalendar || DEFAULT_CALENDAR;
  const [typed, setTyped] = useState(calendar); // the text of the input, before it is applied
  const summary = useResource(dataset, () => call<DatasetAnswerBody>(apiPath`/v1/datasets/${dataset}`));
  const coverage = useResource(`${dataset} ${calendar}`, () => readCoverage(dataset, calendar));
  const error = summary.error ?? coverage.error;
  const waiting = error ? '' : html`<p class="empty">Counting rows …</p>`;
  const reload = () => {
    summary.reload();
    coverage.reload();
  };
  const facts = summary.value;
  const apply = (event: Event) => {
    event.preventDefault();
    setCalendar(typed.trim());
    if (typed.trim() === calendar) reload(); // an import may have added rows
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
        ? html`<${RowCoverage} matrix=${coverage.value.matrix} calendar=${calendar} />
            <${StrayWarning} stray=${coverage.value.stray} calendar=${calendar} />`
        : waiting
    }
    ${facts && html`<${Quarantined} quarantined=${facts.quarantined} />`}`;
}

function summaryOf({ rows, symbols, first, last }: DatasetAnswerBody): string {
  const range = rows === 0 ? [] : [`${minuteText(first)} to ${minuteText(last)} UTC`];
  return [countText(rows, 'row'), countText(symbols.length, 'symbol'), ...range].join(' · ');
}

/** A warning about rows outside the calendar's regular hours; null when there are none. */
function StrayWarning({ stray, calendar }: { stray: ReturnType<typeof strayRows>; calendar: string }) {
  const { outside, extended, worst } = stray;
  if (outside + extended === 0) return null;
  const most = worst === null ? '' : `, most of them for ${worst}`;
  const outsideText = `Rows outside the hours of ${calendar}: ${numberText(outside)}${most}.`;
  const counts = `${outsideText} Rows in its extended hours: ${numberText(extended)}.`;
  return html`<p class="warning">${counts} Check the calendar, and the time zone of the import.</p>`;
}

/** The heatmap of a dataset's rows, or a text that says that there are none. */
function RowCoverage({ matrix, calendar }: { matrix: Matrix; calendar: string }) {
  const [marked, setMarked] = useState<Marked>();
  const symbols = useMemo(() => orderedSymbols(matrix, 'worst'), [matrix]);
  if (symbols.length === 0)
    return html`<${EmptyPanel}
      title=${`Rows by symbol and trading day of ${calendar}`}
      text="The dataset has no row. An import of valid bars into it adds them."
    />`;
  return html`<section class="panel coverage">
    <h2>
      Rows by symbol and trading day of ${calendar}, ${numberText(symbols.length)} × ${numberText(matrix.days.length)},
      worst first
    </h2>
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
      The number in a cell counts the times of the calendar at which a bar should begin and that have no row. A session
      with backfill finds out at which of them bars are missing, and at which nothing traded.
    </p>
  </section>`;
}

/** Reads all pages of the coverage. @returns the coverage as one matrix, and the counts of rows outside the regular hours */
async function readCoverage(dataset: string, calendar: string) {
  const pages: CoverageAnswer[] = [];
  const path = apiPath`/v1/datasets/${dataset}/coverage?calendar=${calendar}`;
  const read = pagesOf(path, call<CoverageAnswer>, ({ nextAfter }) => nextAfter);
  for await (const page of read) pages.push(page);
  return { matrix: coverageMatrix(pages), stray: strayRows(pages) };
}
