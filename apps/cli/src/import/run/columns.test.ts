/** The columns of a file: which names are known, and what a name or a column says about the times. */
import { parseColumnsOption } from '../detect/index.js';
import { CSV_HEADER } from '../../../../../test/support/data/import-texts.js';
import {
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  STORE_AS_X,
  TIME,
  valuesOf,
  VOLUME,
} from '../../../../../test/support/data/imported-file.js';

describe('a header', () => {
  it.each([
    ['Datum;Uhrzeit;Eröffnung;Hoch;Tief;Schluss;Volumen', '2024-03-04;14:30'],
    ['Date;Heure;Ouv;Haut;Bas;Clôt;Vol', '2024-03-04;14:30'],
    ['Fecha;Hora;Apertura;Máximo;Mínimo;Cierre;Volumen', '2024-03-04;14:30'],
    ['时间;开盘;最高;最低;收盘;成交量', '2024-03-04 14:30'],
    ['日時;始値;高値;安値;終値;出来高', '2024-03-04 14:30'],
  ])('may have names in another language: %s', async (header, time) => {
    const { bars } = await imported('a.csv', `${header}\n${time};10,5;11;9;10;5\n`, {
      read: { symbol: 'X', numbers: { decimal: ',' } },
    });
    expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10.5, 11, 9, 10, 5]]);
  });

  it('with a time in UTC and a local time has the one in UTC used', async () => {
    const text = 'time,time_utc,open,high,low,close,volume\n2024-03-04 09:30:00,2024-03-04 14:30:00,10,11,9,10,5\n';
    expect((await imported('a.csv', text, STORE_AS_X)).bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
  });

  it.each([
    ['a time of day, which the column "Date" completes', '20240304,14:30:00'],
    ['a whole time, which needs no date', '2024-03-04,1709562600'],
  ])('may have in its column "Timestamp" %s', async (_, dateAndTime) => {
    const text = `Date,Timestamp,Open,High,Low,Close,Volume\n${dateAndTime},10,11,9,10,5\n`;
    expect((await imported('a.csv', text, STORE_AS_X)).bars[0]?.[TIME]).toBe('2024-03-04T14:30Z');
  });

  it('may have other names in the columns of time and date, when the time follows the date', async () => {
    const rows = '2024-03-04;14:30;10;12;9;11;5\n2024-03-04;14:31;10;12;9;11;5\n';
    for (const header of ['Data;Ora;Apertura;Massimo;Minimo;Chiusura;Volume', 'date;minute;open;high;low;close;volume'])
      expect((await imported('a.csv', `${header}\n${rows}`, STORE_AS_X)).bars.map((bar) => bar[TIME])).toEqual([
        '2024-03-04T14:30Z',
        '2024-03-04T14:31Z',
      ]);
  });

  it('is refused when the column that should call bars unfinished says neither true nor false', async () => {
    const header = 'time,open,high,low,close,volume,state\n';
    const rows = ['open', 'closed'].map((state, minute) => `2024-03-04T14:3${minute}Z,10,12,9,11,5,${state}\n`);
    const columns = parseColumnsOption('complete=state');
    const result = await imported('a.csv', header + rows.join(''), { read: { symbol: 'X', columns } });
    expect(reasonsOf(result)).toEqual({ 'unusable-header': 1 });
    expect(detailOf(result)).toContain('expected true, false, 1 or 0 in the column "state"');
  });

  it('may have a number before each name, as Alpha Vantage writes them', async () => {
    const text = 'date,1. open,2. high,3. low,4. close,5. volume\n2024-03-04T14:30Z,10,12,9,11,5\n';
    expect((await imported('a.csv', text, STORE_AS_X)).bars.map(valuesOf)).toEqual([[10, 12, 9, 11, 5]]);
  });
});

describe('a file of a vendor', () => {
  it('may name its time "window_start", as Polygon does', async () => {
    const text =
      'ticker,volume,open,close,high,low,window_start,transactions\nAAPL,4930,10,10.5,11,9,1709562600000000000,129\n';
    expect((await imported('a.csv', text)).bars).toEqual([['AAPL', '2024-03-04T14:30Z', 10, 11, 9, 10.5, 4930]]);
  });

  it('with two volumes has the one used that is not zero, and the summary notes it', async () => {
    const metatrader =
      '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n' +
      '2024.01.02\t09:30:00\t1.09410\t1.09420\t1.09400\t1.09415\t57\t0\t3\n';
    const { bars, summary } = await imported('a.csv', metatrader, { read: { symbol: 'EURUSD', zone: 'UTC' } });
    expect(bars[0]?.[VOLUME]).toBe(57);
    expect(summary.understood[0]?.notes).toEqual(['volume is <TICKVOL>; not taken: <VOL>']);
    const generic = 'time,open,high,low,close,tick_volume,real_volume\n2024-01-02 09:30,1,1,1,1,57,0\n';
    expect((await imported('b.csv', generic, STORE_AS_X)).bars[0]?.[VOLUME]).toBe(57);
  });
});

describe('a column that says how times are to be read', () => {
  const PRICES = 'open,high,low,close,volume';
  /** The warnings about a file of one row. @param timeColumn the column that the user names as the time */
  const warningsOf = async (header: string, row: string, timeColumn: string): Promise<string[]> => {
    const columns = new Map([['time', timeColumn]] as const);
    return (await imported('a.csv', `${header}\n${row}\n`, { read: { symbol: 'X', columns } })).summary.warnings;
  };

  it.each(['Time (EET)', 'EST', 'ny_time', 'Server time'])(
    'is warned of when its name is that of a zone, and the times were read in UTC: %s',
    async (name) => {
      const [warning] = await warningsOf(`${name},${PRICES}`, '2024-03-04 03:30,1,2,1,2,5', name);
      expect(warning).toContain('give their zone');
    },
  );

  it('is warned of when its values are another zone than UTC, and the times were read in UTC', async () => {
    const warnings = await warningsOf(`time,tz,${PRICES}`, '2024-03-04 03:30,America/New_York,1,2,1,2,5', 'time');
    expect(warnings).toEqual([
      'a.csv: the column "tz" says America/New_York, and the times were read in UTC: give their zone with --tz',
    ]);
  });

  it('is not warned of when its values are UTC, or when the times need no zone', async () => {
    for (const utc of ['0', '-0.0', '+00:00', 'UTC', 'UTC+0', 'Etc/UTC', 'GMT+00:00'])
      expect(await warningsOf(`time,tz,${PRICES}`, `2024-03-04 03:30,${utc},1,2,1,2,5`, 'time')).toEqual([]);
    expect(await warningsOf(`time,gmtoffset,${PRICES}`, '2024-03-04 03:30,0,1,2,1,2,5', 'time')).toEqual([]);
    // "Z" at the end of the time is its zone.
    expect(await warningsOf(`time,gmtoffset,${PRICES}`, '2024-03-04T03:30Z,-5,1,2,1,2,5', 'time')).toEqual([]);
  });

  it('is warned of when its name says that the times are closes', async () => {
    const [warning] = await warningsOf(`close_time,${PRICES}`, '2024-03-04T03:30Z,1,2,1,2,5', 'close_time');
    expect(warning).toContain('"close_time" seems to have the closes of bars');
  });
});

describe('a row', () => {
  it('is refused when a spreadsheet has rounded its epoch time', async () => {
    const rounded = await imported('a.csv', `${CSV_HEADER}1.70956E+12,10,12,9,11,5\n`, STORE_AS_X);
    expect(detailOf(rounded)).toContain('which a spreadsheet has rounded');
    // This text has all digits that are not 0.
    const whole = await imported('a.csv', `${CSV_HEADER}1.7095626E+12,10,12,9,11,5\n`, STORE_AS_X);
    expect(whole.bars).toHaveLength(1);
  });

  it('is refused when a number has a dot, in a file of decimal commas', async () => {
    const text = 'time;open;high;low;close;volume\n2024-03-04T14:30Z;10,5;12;9;11;1.234\n'; // the volume
    const read = { symbol: 'X', numbers: { decimal: ',' } as const };
    const result = await imported('a.csv', text, { read });
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'not-a-number': 1 } });
    expect(detailOf(result)).toContain('--decimal , --thousands . reads such numbers');
  });
});
