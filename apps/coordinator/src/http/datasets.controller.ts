/** `/v1/datasets`: what is stored, without a session. For operators: datasets have bars after the clock of every session. */
import * as api from '@barkeep/api';
import { Get, Inject, Param } from '@nestjs/common';
import { DatasetReader } from '../lifecycle/index.js';
import { ApiController, CheckedQuery, Operation } from '../openapi/index.js';
import { SURROUNDINGS, type Surroundings } from '../runtime.js';

const params = { name: 'reference' };
const first = { first: '2024-03-04T14:30:00.000Z', last: '2024-03-08T20:59:00.000Z' };
const line = { name: 'reference', symbols: 10, ...first, version: '8271946573' };

@ApiController('v1/datasets', 'data')
export class DatasetsController {
  private readonly datasets: DatasetReader;

  constructor(@Inject(SURROUNDINGS) { connections }: Surroundings) {
    this.datasets = new DatasetReader(connections.dataSource);
  }

  @Get()
  @Operation({
    summary: 'The datasets, by name; needs an admin key',
    query: api.noQuery,
    answers: [{ status: 200, description: 'all of them', component: 'DatasetPage', example: { datasets: [line] } }],
    problems: ['forbidden', 'unavailable'],
  })
  listDatasets(): Promise<api.DatasetPageAnswer> {
    return this.datasets.list();
  }

  @Get(':name')
  @Operation({
    summary: 'A dataset with its rows and symbols; needs an admin key',
    params,
    query: api.noQuery,
    answers: [
      {
        status: 200,
        description: 'the dataset',
        component: 'Dataset',
        example: {
          ...line,
          rows: 19_497,
          symbols: [{ symbol: 'EMBER', ...first }],
          prices: 'positive',
          withoutVolume: false,
          quarantined: { rows: 0, reasons: {}, examples: [] },
        },
      },
    ],
    problems: ['forbidden', 'unknown-dataset', 'unavailable'],
  })
  getDataset(@Param('name') name: string): Promise<api.DatasetAnswerBody> {
    return this.datasets.describe(name);
  }

  @Get(':name/coverage')
  @Operation({
    summary: 'Rows of a dataset by symbol and trading day, with the number that a calendar expects; needs an admin key',
    params,
    query: api.coverageQuery,
    answers: [
      {
        status: 200,
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
    ],
    problems: ['forbidden', 'invalid-input', 'unknown-dataset', 'unavailable'],
  })
  readCoverage(@Param('name') name: string, @CheckedQuery() query: api.CoverageQuery): Promise<api.CoverageAnswer> {
    return this.datasets.coverage(name, query);
  }
}
