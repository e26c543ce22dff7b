import { cellAt, heatmapLayout, scrollTo, visibleRange } from './layout.js';

describe('the layout of the heatmap', () => {
  const layout = heatmapLayout(1000, 252, ['ALPHA', 'BRAVO']);

  it('gives each day a width that can be seen, and scrolls when there is no room', () => {
    expect(layout).toMatchObject({ label: 60, cell: 5, width: 60 + 5 * 252 });
    expect(heatmapLayout(1000, 5, ['ALPHA']).cell).toBe(56);
  });

  it('finds the cell below a point, also when it is scrolled', () => {
    expect(cellAt(layout, { left: 0, top: 0 }, 61, 21, 252, 2)).toEqual({ row: 0, day: 0 });
    expect(cellAt(layout, { left: 50, top: 16 }, 61, 21, 252, 2)).toEqual({ row: 1, day: 10 });
    expect(cellAt(layout, { left: 0, top: 0 }, 10, 21, 252, 2)).toEqual({ row: 0, day: -1 });
    expect(cellAt(layout, { left: 0, top: 0 }, 61, 5, 252, 2)).toBeUndefined();
    expect(cellAt(layout, { left: 0, top: 0 }, 61, 90, 252, 2)).toBeUndefined();
  });

  it('draws only the visible rows and days', () => {
    expect(visibleRange(160, 320, 16, 2000)).toEqual([10, 30]);
    expect(visibleRange(0, 320, 16, 5)).toEqual([0, 5]);
  });

  it('scrolls no further than necessary', () => {
    expect([scrollTo(0, 100, 40, 16), scrollTo(0, 100, 200, 16), scrollTo(50, 100, 20, 16)]).toEqual([0, 116, 20]);
  });
});
