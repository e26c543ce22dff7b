import { aggregateDay, planDerived } from './aggregate.js';
import { calendarNamed } from './calendar/index.js';
import { DayChunk } from './chunk.js';
import { fillForward } from './fill-forward.js';
import { parseInterval } from './interval.js';
import { DayGrid } from './slots.js';

const grid = new DayGrid(calendarNamed('XNYS').tradingDay('2015-12-24')!, parseInterval('1m'));

/** A day with bars in the given slots; a bar's close is its slot's number. */
function dayWith(...slots: number[]): DayChunk {
  const chunk = new DayChunk(grid.slotCount);
  for (const slot of slots) {
    chunk.writeBar(slot, { openTime: 0, open: 500, high: 900, low: 0, close: slot, volume: 7 }, 'streamed', 1);
  }
  return chunk;
}
const range = (from: number, to: number, fillTo = to) => ({ grid, from, to, fillTo });

describe('fill=forward', () => {
  it('shows an empty slot with the last close, volume 0 and what it is', () => {
    const { bars, lastClose } = fillForward(dayWith(3, 5), range(3, 7), undefined);
    expect(bars.map(({ origin, close }) => [origin, close])).toEqual([
      ['streamed', 3],
      ['filled-forward', 3],
      ['streamed', 5],
      ['filled-forward', 5],
    ]);
    expect(bars[1]).toEqual({
      openTime: grid.openTime(4),
      closeTime: grid.closeTime(4),
      open: 3,
      high: 3,
      low: 3,
      close: 3,
      volume: 0,
      origin: 'filled-forward',
      dataset: 0,
      sourceCount: 0,
      expectedCount: 1,
      complete: false,
    });
    expect(lastClose).toBe(5);
  });

  it('shows nothing before the first bar unless an earlier day had one', () => {
    expect(fillForward(dayWith(3), range(0, 5), undefined).bars.map(({ close }) => close)).toEqual([3, 3]);
    expect(fillForward(dayWith(3), range(0, 5), 42).bars.map(({ close }) => close)).toEqual([42, 42, 42, 3, 3]);
    expect(fillForward(undefined, range(0, 5), undefined)).toEqual({ bars: [], lastClose: undefined });
    expect(fillForward(undefined, range(0, 2), 42)).toMatchObject({
      bars: [{ close: 42 }, { close: 42 }],
      lastClose: 42,
    });
  });

  it('takes a close of 0 for a price', () => {
    expect(fillForward(dayWith(0), range(0, 2), undefined).bars.map(({ close }) => close)).toEqual([0, 0]);
  });

  it('leaves out empty slots that may still get a bar, not the bars there', () => {
    const { bars } = fillForward(dayWith(1, 4), range(0, 6, 3), undefined);
    expect(bars.map(({ close }) => close)).toEqual([1, 1, 4]);
  });

  it('says how many base bars a derived window expects, the short last one too', () => {
    const plan = planDerived(grid, parseInterval('1h'));
    const hours = aggregateDay(dayWith(10), plan);
    const shown = { grid: plan.grid, from: 0, to: 4, fillTo: 4, starts: plan.starts };
    const { bars } = fillForward(hours, shown, undefined);
    expect(bars.map(({ sourceCount, expectedCount }) => [sourceCount, expectedCount])).toEqual([
      [1, 60],
      [0, 60],
      [0, 60],
      [0, 30],
    ]);
  });
});
