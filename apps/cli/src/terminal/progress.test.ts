import { rateText } from './progress.js';

describe('the progress of a command', () => {
  /** The text after `seconds` in which `units` were done, and the done share of the work rose from `from` to `to`. */
  const rate = ({ from = 0, to, units, seconds }: { from?: number; to: number; units: number; seconds: number }) =>
    rateText(from, to, units, seconds);

  it('shows the rate and the time left', () => {
    expect(rate({ to: 0.25, units: 50_000, seconds: 10 })).toBe(', 5,000/s, 30 s left');
    expect(rate({ to: 0.01, units: 100, seconds: 60 })).toBe(', 2/s, 1.6 h left');
    expect(rate({ to: 0, units: 0, seconds: 10 })).toBe('');
  });

  it('estimates the time left from the work since its first update, when a part was done before', () => {
    expect(rate({ from: 0.5, to: 0.75, units: 50_000, seconds: 10 })).toBe(', 5,000/s, 10 s left');
    expect(rate({ from: 0.5, to: 0.5, units: 0, seconds: 10 })).toBe('');
  });
});
