/** The list of datasets. */
import type { DatasetPageAnswer } from '@barkeep/api';
import { call } from '../data/index.js';
import { datasetHref, numberText, minuteText } from '../model/index.js';
import { Table } from '../parts/index.js';
import { Failure, html, useResource } from '../shell/index.js';

const COLUMNS = ['dataset', '#symbols', 'first bar (UTC)', 'last bar (UTC)'];

export function DatasetsPage() {
  const { value, error, reload } = useResource('datasets', () => call<DatasetPageAnswer>('/v1/datasets'));
  const datasets = value?.datasets ?? [];
  const rows = datasets.map(({ name, symbols, first, last }) => [
    name,
    html`<a href=${datasetHref(name)}>${name}</a>`,
    numberText(symbols),
    minuteText(first),
    minuteText(last),
  ]);
  return html`<div class="page-head"><h1>Datasets</h1></div>
    <${Failure} error=${error} retry=${reload} />
    ${
      value && datasets.length === 0
        ? html`<p class="empty">No dataset yet. <code>barkeep import DATASET FILE…</code> makes one.</p>`
        : html`<${Table} caption="Datasets" columns=${COLUMNS} rows=${rows} />`
    }`;
}
