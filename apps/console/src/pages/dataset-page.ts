/** One dataset: its rows by symbol and trading day against a calendar. */
import type { CoverageAnswer, DatasetAnswerBody } from '@barkeep/api';
import { call } from '../data/index.js';
import { Heatmap, type Place } from '../heatmap/index.js';
import { coverageMatrix, datasetPath, numberText, orderedSymbols, minuteText, type Matrix } from '../model/index.js';
import { Failure, html, useQuery, useResource } from '../shell/index.js';
import { useMemo, useState, type VNode } from '../vendor/index.js';
import { Legend } from './coverage.js';

export function DatasetPage({ dataset }: { dataset: string }): VNode {
  const [calendar, setCalendar] = useQuery('calendar');
  const [typed, setTyped] = useState(calendar || 'XNYS');
  const used = calendar || 'XNYS';
  const summary = useResource(dataset, () => call<DatasetAnswerBody>(datasetPath(dataset)));
  const coverage = useResource(`${dataset} ${used}`, () => readCoverage(dataset, used));
  const error = summary.error ?? coverage.error;
  const facts = summary.value;
  const apply = (event: Event) => {
    event.preventDefault();
    setCalendar(typed.trim());
  };
  return html`<div class="page-head">
      <h1>${dataset}</h1>
      ${
        facts
          ? html`<span class="badge"
              >${numberText(facts.rows)} rows · ${numberText(facts.symbols.length)} symbols · ${minuteText(facts.first)}
              to ${minuteText(facts.last)}</span
            >`
          : ''
      }
      ${facts?.withoutVolume ? html`<span class="badge">without volume</span>` : ''}
      ${facts?.prices === 'any' ? html`<span class="badge">negative prices</span>` : ''}
      <span class="grow"></span>
      <form class="inline" onSubmit=${apply}>
        <label
          >calendar
          <input value=${typed} onInput=${(event: Event) => setTyped((event.target as HTMLInputElement).value)}
        /></label>
        <button type="submit">Show</button>
      </form>
    </div>
    ${
      error
        ? html`<${Failure}
            error=${error}
            retry=${() => {
              summary.reload();
              coverage.reload();
            }}
          />`
        : ''
    }
    ${coverage.value ? html`<${Rows} matrix=${coverage.value} calendar=${used} />` : error ? '' : html`<p class="empty">Counting rows …</p>`}`;
}

function Rows({ matrix, calendar }: { matrix: Matrix; calendar: string }): VNode {
  const [moved, setMoved] = useState<{ cursor: Place; anchor: Place | undefined }>();
  const symbols = useMemo(() => orderedSymbols(matrix, 'worst'), [matrix]);
  return html`<section class="panel coverage">
    <h2>Rows by symbol and trading day of ${calendar}, ${symbols.length} × ${matrix.days.length}, worst first</h2>
    <${Heatmap}
      label="Rows of the dataset by symbol and trading day"
      matrix=${matrix}
      symbols=${symbols}
      openDay=${matrix.days.length}
      cursor=${moved?.cursor}
      anchor=${moved?.anchor}
      onMove=${(cursor: Place, anchor: Place | undefined) => setMoved({ cursor, anchor })}
      onOpen=${() => undefined}
    />
    <${Legend} states=${['whole', 'absent']} />
    <p class="empty">
      A number counts the minutes of the calendar that have no row. Whether they are holes or quiet minutes, a session
      with backfill finds out.
    </p>
  </section>`;
}

/** All pages of the coverage as one matrix. */
async function readCoverage(dataset: string, calendar: string): Promise<Matrix> {
  const pages: CoverageAnswer[] = [];
  for (let after: string | null = ''; after !== null;) {
    const cursor: string = after === '' ? '' : `&after=${encodeURIComponent(after)}`;
    const page: CoverageAnswer = await call(
      `${datasetPath(dataset)}/coverage?calendar=${encodeURIComponent(calendar)}${cursor}`,
    );
    pages.push(page);
    after = page.nextAfter;
  }
  return coverageMatrix(pages);
}
