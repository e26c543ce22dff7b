/** `/v1/datasets`: describes the stored datasets. For operators only: datasets have bars after the clocks of sessions. */
import * as api from '@barkeep/api';
import { Inject } from '@nestjs/common';
import { DatasetReader } from '../lifecycle/index.js';
import { ApiController, type Call, Called, Operation } from '../openapi/index.js';
import { APP_CONTEXT, type AppContext } from '../runtime.js';

const rangeExample = { first: '2024-03-04T14:30:00.000Z', last: '2024-03-08T20:59:00.000Z' };
const summaryExample = { name: 'reference', symbols: 10, ...rangeExample, version: '8271946573' };

@ApiController('data')
export class DatasetsController {
  private readonly datasets: DatasetReader;

  constructor(@Inject(APP_CONTEXT) { connections }: AppContext) {
    this.datasets = new DatasetReader(connections.dataSource);
  }

  @Operation('GET', 'v1/datasets', {
    summary: 'The datasets, by name; needs an admin key',
    answer: { description: 'all of them', component: 'DatasetPage', example: { datasets: [summaryExample] } },
    problems: ['forbidden'],
  })
  listDatasets() {
    return this.datasets.list();
  }

  @Operation('GET', 'v1/datasets/:name', {
    summary: 'A dataset with its rows and symbols; needs an admin key',
    answer: {
      description: 'the dataset',
      component: 'Dataset',
      example: {
        ...summaryExample,
        rows: 19_497,
        symbols: [{ symbol: 'EMBER', ...rangeExample }],
        prices: 'positive',
        withoutVolume: false,
        quarantined: { rows: 0, reasons: {}, examples: [] },
      },
    },
    problems: ['forbidden', 'unknown-dataset'],
  })
  getDataset(@Called() { name }: Call) {
    return this.datasets.describe(name);
  }

  @Operation('GET', 'v1/datasets/:name/coverage', {
    summary: 'Rows of a dataset by symbol and trading day, with the number that a calendar expects; needs an admin key',
    query: api.coverageQuery,
    answer: {
      description: 'a page of symbols',
      component: 'Coverage',
      example: {
        dataset: 'reference',
        calendar: 'XNYS',
        hours: 'regular',
        days: [{ date: '2024-03-04', expected: 390 }],
        symbols: [{ symbol: 'EMBER', rows: [390], outside: 0, extended: 12 }],
        nextAfter: null,
      },
    },
    problems: ['forbidden', 'unknown-dataset'],
  })
  readCoverage(@Called() { name, query }: Call<typeof api.coverageQuery>) {
    return this.datasets.coverage(name, query);
  }
}
