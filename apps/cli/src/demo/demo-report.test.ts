import { readBars } from '@barkeep/client';
import { demoText, derivedCounts, gapsInStream, type DemoResult } from './demo-report.js';
import { demoMinutes } from './market.js';

/** The fields of a bar in an answer of the API that the report does not use. */
const UNUSED = { open: 1, high: 1, low: 1, close: 1, volume: 1, sourceCount: 1, expectedCount: 1 };
const bar = (openTime: string, origin: string, complete = true): unknown => {
  return { ...UNUSED, openTime, closeTime: openTime, origin, complete };
};
/** Open times of the first six minutes of the demonstration. */
const times = demoMinutes().slice(0, 6);
const at = (minute: number): string => times[minute]!;

describe('the report of the demonstration', () => {
  it('counts the gaps of the stream, including repaired ones', () => {
    // Of the minutes 0 to 5 only 1 and 4 were streamed: the gaps are 0, 2 to 3, and 5.
    const bars = readBars([bar(at(1), 'streamed'), bar(at(2), 'backfilled'), bar(at(4), 'streamed')]);
    expect(gapsInStream(times, bars)).toBe(3);
    expect(gapsInStream(times, readBars([]))).toBe(1);
    expect(gapsInStream(times, readBars(times.map((time) => bar(time, 'streamed'))))).toBe(0);
  });

  it('counts complete and partial derived bars', () => {
    const bars = readBars([bar(at(0), 'derived'), bar(at(1), 'derived', false), bar(at(2), 'derived')]);
    expect(derivedCounts(bars)).toEqual({ complete: 2, partial: 1 });
  });

  it('expects 5 days of 390 minutes of a symbol', () => expect(demoMinutes()).toHaveLength(5 * 390));

  it('has a table that fits into 80 characters, without a wrapped cell', () => {
    const counts = { expected: 1950, streamed: 1910, backfilled: 39, noTrade: 0, unfillable: 1 };
    const symbol = {
      metrics: { symbol: 'JUNIPER', ...counts, gapCount: 0, barQuality: 100 },
      gapsFound: 37,
      derived: { '5m': { complete: 389, partial: 1 }, '15m': { complete: 129, partial: 1 } },
    };
    // What the report prints below the table.
    const totals = { session: { counts: { filled: 1949 } }, digest: { digest: 'd', bars: 1949, chunks: 15 } };
    const seconds = { sessionSeconds: 1, settledSeconds: 1, totalSeconds: 1 };
    const result = { imports: [], symbols: [symbol], ...totals, ...seconds } as unknown as DemoResult;
    const [_head1, _head2, row] = demoText(result).split('\n');
    // Gaps and quality are as streamed → as repaired. 1910 of 1950 minutes are 97.948… %, which is rounded down.
    expect(row).toBe('JUNIPER   1,950     1,910  37 → 0      39        1  97.94 → 100.00  389+1  129+1');
    expect(row!.length).toBeLessThanOrEqual(80);
  });

  it('fails for an answer whose bars lack fields', () => {
    expect(() => readBars([{ openTime: 5 }])).toThrow(/the coordinator's answer is not valid: .*expected/);
  });
});
