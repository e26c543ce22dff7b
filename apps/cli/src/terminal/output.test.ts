import { rateText } from './progress.js';
import { table } from './output.js';

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));
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
    expect(table(['a', 'b'], [['x', 1]], 80)).toContain('│ x │ 1 │');
  });

  it.each([120, 100, 80])('fits %d columns', (width) => {
    const text = table(HEAD, [ROW], width);
    expect(widest(text)).toBeLessThanOrEqual(width);
    expect(text.replace(/\s/g, '')).toContain('19,500');
  });
});

describe('the progress of a command', () => {
  it('shows the rate and the time left', () => {
    expect(rateText(0, 0.25, 50_000, 10)).toBe(', 5,000/s, 30 s left');
    expect(rateText(0, 0.01, 100, 60)).toBe(', 2/s, 1.6 h left');
    expect(rateText(0, 0, 0, 10)).toBe('');
  });

  it('measures from its first update, when a part was done before', () => {
    expect(rateText(0.5, 0.75, 50_000, 10)).toBe(', 5,000/s, 10 s left');
    expect(rateText(0.5, 0.5, 0, 10)).toBe('');
  });
});
