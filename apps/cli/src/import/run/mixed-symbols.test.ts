/** Warnings about files that are likely of several symbols, although --symbol stores them as one. */
import { OneSymbolFiles } from './mixed-symbols.js';

/** The warnings when files with these names are stored as symbol X. */
const warningsOf = (...names: string[]): string[] => {
  const files = new OneSymbolFiles();
  for (const name of names) files.add(name);
  return files.warnings('X');
};

describe('files that --symbol stores as one symbol', () => {
  it.each([
    ['years', ['EURUSD_M1_2023.csv', 'EURUSD_M1_2024.csv']],
    ['short months', ['eurusd/01jan2024.csv', 'eurusd/01sept2024.csv']],
    ['whole months', ['eurusd-january-2024.csv', 'eurusd-february-2024.csv', 'eurusd-june-2024.csv']],
    ['the endings of their names', ['EURUSD_2022.csv.gz', 'EURUSD_2023.CSV', 'EURUSD_2024.txt']],
    [
      'the folders of Binance',
      ['monthly/BTCUSDT/1m/BTCUSDT-1m-2024-01.zip', 'daily/BTCUSDT/1m/BTCUSDT-1m-2024-02-01.zip'],
    ],
  ])('are not warned of when their names differ only in %s', (_, names) => {
    expect(warningsOf(...names)).toEqual([]);
  });

  it('are warned of when their names differ in other words', () => {
    for (const names of [
      ['AAPL.csv', 'MSFT.csv'],
      ['AAPL/2024.csv', 'MSFT/2024.csv'],
      ['ESH4.csv', 'ESM4.csv'],
    ])
      expect(warningsOf(...names)).toEqual([
        `${names.join(' and ')} were stored as one symbol, X: if they are not, give --symbol-from-path; if they are, --one-symbol`,
      ]);
  });
});
