import { table } from './table.js';

/** Length of the longest line of a text. */
const widthOf = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));
/** Widths of terminals, in characters: on 80 a table of two columns has borders, and 10 have no room for them. */
const [WITH_BORDERS, WITHOUT_BORDERS] = [80, 10];
const HEAD = ['session', 'state', 'progress', 'clock', 'symbols', 'expected', 'filled', 'last error'];
const ROW = [
  'a-session-with-a-long-name',
  'completed',
  '100.00 %',
  '2024-03-08 21:00Z',
  10,
  19_500,
  19_497,
  '403 forbidden',
];

describe('a table', () => {
  it('has borders where they fit', () => {
    expect(table(['a', 'b'], [['x', 1]], WITH_BORDERS)).toContain('│ x │ 1 │');
  });

  it.each([WITH_BORDERS, WITHOUT_BORDERS])('may have a row that lacks its last cells, on %d columns', (width) => {
    expect(table(['run', 'open'], [['march', 1], ['holes']], width)).toContain('holes');
  });

  it.each([
    [WITH_BORDERS, 20_000 + 4], // the header and three lines of borders
    [WITHOUT_BORDERS, 20_000 + 1], // the header
  ])('has any number of rows, on %d columns', (width, lineCount) => {
    const rows = Array.from({ length: 20_000 }, (_, minute) => ['ALPHA', minute]);
    const lines = table(['symbol', 'minute'], rows, width).split('\n');
    expect(lines).toHaveLength(lineCount);
    expect(lines.filter((line) => line.includes('ALPHA'))).toHaveLength(rows.length);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it.each([120, 100, 80])('fits %d columns', (width) => {
    const text = table(HEAD, [ROW], width);
    expect(widthOf(text)).toBeLessThanOrEqual(width);
    expect(text.replace(/\s/g, '')).toContain('19,500');
  });
});

it('a table that is too wide breaks its widest texts between words, and keeps words whole', () => {
  const row = [
    'march-by-hand',
    'completed',
    '2024-03-08 21:00Z',
    'connect to http://a.very.long.example.com:3000/v1/sessions',
  ];
  const text = table(['session', 'state', 'clock', 'last error'], [row], 60);
  expect(widthOf(text)).toBeLessThanOrEqual(60);
  expect(text).toContain('march-by-hand');
  const dateAboveTime = /2024-03-08 {2,}.*\n.* 21:00Z/; // blanks fill the cell after the date
  expect(text).toMatch(dateAboveTime);
});

it('a table that cannot fit at all keeps its words whole', () => {
  const text = table(['session', 'expected', 'filled', 'date'], [['march', 195_000, 195_000, '2024-03-08']], 20);
  expect(text).toContain('2024-03-08');
});

it('a table that is too wide shows the whole of a text in wide characters', () => {
  const columns = '时间,开盘,最高';
  expect(table(['file', 'columns'], [['a.csv', columns]], 12)).toContain(columns);
});
