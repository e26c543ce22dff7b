/** Volumes: none, several columns of them, and unknown ones. */
import { calendarNamed } from '@barkeep/bars';
import { CalendarCheck } from './calendar-check.js';
import { CSV_HEADER, isoText, MINUTE_MS, OPEN } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  type ImportCase,
  imported,
  type ImportedFile,
  STORE_AS_X,
  VOLUME,
} from '../../../../../test/support/data/imported-file.js';

const warningsOf = async (text: string, options: ImportCase = STORE_AS_X): Promise<string[]> =>
  (await imported('a.csv', text, options)).summary.warnings;

describe('data without volume', () => {
  it('is read with --volume none, which the refusal names', async () => {
    const text = 'time,open,high,low,close\n1709562600,1.0850,1.0852,1.0849,1.0851\n';
    const refused = await imported('a.csv', text, { read: { symbol: 'EURUSD' } });
    expect(detailOf(refused)).toContain('--volume none');
    const { bars } = await imported('a.csv', text, { read: { symbol: 'EURUSD', hasVolume: false } });
    expect(bars).toEqual([['EURUSD', '2024-03-04T14:30Z', 1.085, 1.0852, 1.0849, 1.0851, 0]]);
  });
});

describe('two columns of volume', () => {
  const HEAD = 'time,open,high,low,close,volume,tick_volume\n';
  /** Rows from minute `first` on; `volumes` are the two volumes of each. */
  const rowsOf = (count: number, first: number, volumes: string): string =>
    Array.from({ length: count }, (_, n) => `${isoText(OPEN + (first + n) * MINUTE_MS)},1,2,1,2,${volumes}\n`).join('');
  const totalVolumeOf = ({ bars }: ImportedFile): number => bars.reduce((sum, bar) => sum + bar[VOLUME], 0);

  it('are decided by the whole file, beyond its first rows', async () => {
    // The first column is always 0; the second one is 0 in the first 300 rows, which are more than the importer samples.
    const late = HEAD + rowsOf(300, 0, '0,0') + rowsOf(300, 300, '0,7');
    const result = await imported('late.csv', late, STORE_AS_X);
    expect(totalVolumeOf(result)).toBe(300 * 7);
    expect(result.summary.warnings).toEqual([]);
    expect(result.summary.understood[0]).toMatchObject({ columns: { volume: 'tick_volume' }, last: { volume: 7 } });
  });

  it('are warned of when both are used: the first one is taken if it is used in half of the rows', async () => {
    // The first column is used in 350 of 600 rows, and then in 10 of 600.
    const mostly = HEAD + rowsOf(250, 0, '0,7') + rowsOf(350, 250, '9,7');
    const result = await imported('mostly.csv', mostly, STORE_AS_X);
    expect(totalVolumeOf(result)).toBe(350 * 9);
    expect(result.summary.warnings[0]).toContain('volume is 0 in 250 rows');
    const rarely = HEAD + rowsOf(590, 0, '0,7') + rowsOf(10, 590, '9,7');
    expect(totalVolumeOf(await imported('rarely.csv', rarely, STORE_AS_X))).toBe(600 * 7);
  });
});

describe('volumes', () => {
  it('of −1 in one of two columns are unknown; other negative ones are refused', async () => {
    const head = '"Date","Time","Open","High","Low","Close","Up","Down"\n';
    const result = await imported(
      'a.csv',
      `${head}03/04/2024,0931,10,11,9,10,-1,0\n03/04/2024,0932,10,11,9,10,5,-6\n`,
      STORE_AS_X,
    );
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'negative-volume': 1 } });
    expect(result.summary.unknownVolumes).toBe(1);
  });

  it('that are unknown are counted only in rows that are stored', async () => {
    const text = `${CSV_HEADER}2024-03-04T14:30Z,10,11,9,10,-1\n2024-03-04T14:31Z,10,9,11,10,-1\n`;
    const { summary } = await imported('a.csv', text, STORE_AS_X);
    expect(summary).toMatchObject({ accepted: 1, unknownVolumes: 1, refused: { rows: 1 } });
    const calendar = new CalendarCheck(calendarNamed('XNYS'), 'regular');
    const outside = await imported('a.csv', text.replace('T14:30', 'T04:30'), { ...STORE_AS_X, calendar });
    expect(outside.summary).toMatchObject({ accepted: 0, outside: 1, unknownVolumes: 0 });
  });

  it('in a column of totals are used instead of those in the columns of their parts', async () => {
    const head = '"Date","Time","Open","High","Low","Close","Vol","Up","Down"\n';
    const { bars } = await imported('a.csv', `${head}03/04/2024,0931,10,11,9,10,12,7,5\n`, STORE_AS_X);
    expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 12]]);
  });
});

describe('volumes with dots before every three digits', () => {
  const text = (...volumes: string[]): string =>
    `${CSV_HEADER}${volumes.map((volume, at) => `2024-03-04T14:${30 + at}:00Z,10,11,9,10,${volume}\n`).join('')}`;

  it('are warned of when others are whole numbers below 1000', async () => {
    expect((await warningsOf(text('1.234', '987', '12.345')))[0]).toContain('--decimal , --thousands .');
  });

  it('are not warned of when any has another form: the dots are then decimal', async () => {
    expect(await warningsOf(text('1.234', '0.987', '12'))).toEqual([]);
    expect(await warningsOf(text('1.234', '2.5', '12'))).toEqual([]);
    expect(await warningsOf(text('1.234', '2.500'))).toEqual([]);
  });

  it('are refused when they have two dots', async () => {
    expect(detailOf(await imported('a.csv', text('12.345.678'), STORE_AS_X))).toContain('--decimal , --thousands .');
  });
});
