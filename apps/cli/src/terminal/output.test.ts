import { rateText } from './progress.js';
import { table, wrapped } from './output.js';

/** Length of the longest line. */
const widthOf = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));
/** Widths of terminals: a table of two columns has borders on the first, and no room for them on the second. */
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
    [WITH_BORDERS, 20_000 + 4], // the header and three borders
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

it('prose is broken at spaces, and commands stay whole', () => {
  const width = 40;
  const command = `  barkeep ${'x'.repeat(90)}`;
  const prose = Array.from({ length: 40 }, () => 'word').join(' ');
  const text = wrapped(`${prose}\nend.\n\n${command}\nshort`, width);
  expect(text.split('\n').filter((line) => line.length > width)).toEqual([command]);
  expect(text.replace(/\n/g, ' ')).toBe(`${prose} end.  ${command} short`);
});

describe('the progress of a command', () => {
  /** The text after `seconds` in which `units` were done, and the done share of the work rose from `from` to `to`. */
  const rate = ({ from = 0, to, units, seconds }: { from?: number; to: number; units: number; seconds: number }) =>
    rateText(from, to, units, seconds);

  it('shows the rate and the time left', () => {
    expect(rate({ to: 0.25, units: 50_000, seconds: 10 })).toBe(', 5,000/s, 30 s left');
    expect(rate({ to: 0.01, units: 100, seconds: 60 })).toBe(', 2/s, 1.6 h left');
    expect(rate({ to: 0, units: 0, seconds: 10 })).toBe('');
  });

  it('measures from its first update, when a part was done before', () => {
    expect(rate({ from: 0.5, to: 0.75, units: 50_000, seconds: 10 })).toBe(', 5,000/s, 10 s left');
    expect(rate({ from: 0.5, to: 0.5, units: 0, seconds: 10 })).toBe('');
  });
});
