/** Volumes: files without them, files with several columns of them, and volumes of −1, which are unknown. */
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

describe('a file without volumes', () => {
  it('is refused, and read with --volume none, which the refusal names', async () => {
    const text = 'time,open,high,low,close\n1709562600,1.0850,1.0852,1.0849,1.0851\n';
    const refused = await imported('a.csv', text, { read: { symbol: 'EURUSD' } });
    expect(detailOf(refused)).toContain('--volume none');
    const { bars } = await imported('a.csv', text, { read: { symbol: 'EURUSD', hasVolume: false } });
    expect(bars).toEqual([['EURUSD', '2024-03-04T14:30Z', 1.085, 1.0852, 1.0849, 1.0851, 0]]);
  });
});

describe('a file with two columns of volume', () => {
  const HEAD = 'time,open,high,low,close,volume,tick_volume\n';
  /** Rows from minute `first` on. @param volumes the two volumes of each row, such as `0,7` */
  const rowsOf = (count: number, first: number, volumes: string): string =>
    Array.from({ length: count }, (_, n) => `${isoText(OPEN + (first + n) * MINUTE_MS)},1,2,1,2,${volumes}\n`).join('');
  const totalVolumeOf = ({ bars }: ImportedFile): number => bars.reduce((sum, bar) => sum + bar[VOLUME], 0);

  it('is read to its end to find the column that is used', async () => {
    // The first column is always 0. The second one is 0 in the first 300 rows, which are more than the importer samples.
    const late = HEAD + rowsOf(300, 0, '0,0') + rowsOf(300, 300, '0,7');
    const result = await imported('late.csv', late, STORE_AS_X);
    expect(totalVolumeOf(result)).toBe(300 * 7);
    expect(result.summary.warnings).toEqual([]);
    expect(result.summary.understood[0]).toMatchObject({ columns: { volume: 'tick_volume' }, last: { volume: 7 } });
  });

  it('has the first column taken when it is above 0 in half of the rows, with a warning of the other rows', async () => {
    const mostly = HEAD + rowsOf(250, 0, '0,7') + rowsOf(350, 250, '9,7'); // above 0 in 350 of 600 rows
    const result = await imported('mostly.csv', mostly, STORE_AS_X);
    expect(totalVolumeOf(result)).toBe(350 * 9);
    expect(result.summary.warnings[0]).toContain('volume is 0 in 250 rows');
  });

  it('has the second column taken when the first one is above 0 in fewer rows', async () => {
    const rarely = HEAD + rowsOf(590, 0, '0,7') + rowsOf(10, 590, '9,7'); // above 0 in 10 of 600 rows
    expect(totalVolumeOf(await imported('rarely.csv', rarely, STORE_AS_X))).toBe(600 * 7);
  });
});

/** TradeStation has a column for the volume of rising prices and one for that of falling prices. The volume is their sum. */
describe('a row of TradeStation, whose volume is in two columns', () => {
  it('has an unknown volume when one of them is −1, and is refused when one has another negative number', async () => {
    const head = '"Date","Time","Open","High","Low","Close","Up","Down"\n';
    const unknown = '03/04/2024,0931,10,11,9,10,-1,0\n';
    const negative = '03/04/2024,0932,10,11,9,10,5,-6\n';
    const result = await imported('a.csv', head + unknown + negative, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'negative-volume': 1 } });
    expect(result.summary.unknownVolumes).toBe(1);
  });

  it('has the volume of a column of totals when there is one', async () => {
    const head = '"Date","Time","Open","High","Low","Close","Vol","Up","Down"\n';
    const { bars } = await imported('a.csv', `${head}03/04/2024,0931,10,11,9,10,12,7,5\n`, STORE_AS_X);
    expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 12]]);
  });
});

it('unknown volumes are counted only in rows that are stored', async () => {
  const rowAt = (time: string): string => `2024-03-04T${time}Z,10,11,9,10,-1\n`;
  const highBelowLow = '2024-03-04T14:31Z,10,9,11,10,-1\n'; // refused
  const { summary } = await imported('a.csv', CSV_HEADER + rowAt('14:30') + highBelowLow, STORE_AS_X);
  expect(summary).toMatchObject({ accepted: 1, unknownVolumes: 1, refused: { rows: 1 } });
  const calendar = new CalendarCheck(calendarNamed('XNYS'), 'regular');
  const inTheNight = CSV_HEADER + rowAt('04:30') + highBelowLow;
  const outside = await imported('a.csv', inTheNight, { ...STORE_AS_X, calendar });
  expect(outside.summary).toMatchObject({ accepted: 0, outside: 1, unknownVolumes: 0 });
});

/** 1.234 may be 1,234 shares, as German files write it, or a number with decimals. */
describe('volumes with a dot before the last three digits', () => {
  const text = (...volumes: string[]): string =>
    `${CSV_HEADER}${volumes.map((volume, at) => `2024-03-04T14:${30 + at}:00Z,10,11,9,10,${volume}\n`).join('')}`;

  it('are warned of when all other volumes are whole numbers below 1000', async () => {
    expect((await warningsOf(text('1.234', '987', '12.345')))[0]).toContain('--decimal , --thousands .');
  });

  it('are not warned of when another volume shows that the dots are decimal signs', async () => {
    expect(await warningsOf(text('1.234', '0.987', '12'))).toEqual([]);
    expect(await warningsOf(text('1.234', '2.5', '12'))).toEqual([]);
    expect(await warningsOf(text('1.234', '2.500'))).toEqual([]);
  });

  it('are refused when one has two dots', async () => {
    expect(detailOf(await imported('a.csv', text('12.345.678'), STORE_AS_X))).toContain('--decimal , --thousands .');
  });
});
