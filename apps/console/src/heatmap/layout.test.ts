import { cellAt, heatmapLayout, markAfter, movedBy, scrollTo, visibleRange } from './layout.js';

describe('the layout of the heatmap', () => {
  const [VISIBLE_WIDTH, DAYS, SYMBOLS] = [1000, 252, ['ALPHA', 'BRAVO']] as const;
  const ROWS = SYMBOLS.length;
  const layout = heatmapLayout(VISIBLE_WIDTH, DAYS, SYMBOLS);

  it('gives each day a width that can be seen, and scrolls when there is no room', () => {
    expect(layout).toMatchObject({ labelWidth: 60, cellWidth: 5, width: 60 + 5 * DAYS });
  });

  it('limits the width of a day when there is much room', () => {
    const fewDays = 5;
    expect(heatmapLayout(VISIBLE_WIDTH, fewDays, SYMBOLS).cellWidth).toBe(56);
  });

  it('finds the cell below a point, also when it is scrolled', () => {
    // Symbols take the first 60 px and dates the first 20 px. A cell has 5 × 16 px.
    const at = (x: number, y: number, scroll = { left: 0, top: 0 }) => cellAt(layout, scroll, x, y, DAYS, ROWS);
    expect(at(61, 21)).toEqual({ row: 0, day: 0 });
    expect(at(61, 21, { left: 50, top: 16 })).toEqual({ row: 1, day: 10 });
    expect(at(10, 21)).toEqual({ row: 0, day: -1 }); // a symbol's name
    expect(at(61, 5)).toBeUndefined(); // a date
    expect(at(61, 90)).toBeUndefined(); // below the last row
  });

  it('moves the selected cell by a step, at most to the edge', () => {
    const moved = (step: { row: number; day: number }) => movedBy(step, { row: 1, day: 10 }, DAYS, ROWS);
    expect(moved({ row: -1, day: 0 })).toEqual({ row: 0, day: 10 });
    expect(moved({ row: 1, day: 1 })).toEqual({ row: 1, day: 11 });
    expect(moved({ row: 0, day: -1e6 })).toEqual({ row: 1, day: 0 });
    expect(moved({ row: 0, day: 1e6 })).toEqual({ row: 1, day: DAYS - 1 });
  });

  it('draws only the visible rows and days', () => {
    const [visibleHeight, rowHeight] = [320, 16]; // 20 rows
    const rowsShown = (scrolled: number, rows: number) => visibleRange(scrolled, visibleHeight, rowHeight, rows);
    expect(rowsShown(160, 2000)).toEqual([10, 30]);
    expect(rowsShown(0, 5)).toEqual([0, 5]); // there are only 5
  });

  it('scrolls no further than necessary', () => {
    const [visibleHeight, rowHeight] = [100, 16];
    /** The new scroll position that shows the row at a height. */
    const showing = (rowAt: number, scrolled: number) => scrollTo(scrolled, visibleHeight, rowAt, rowHeight);
    expect(showing(40, 0)).toBe(0); // visible already
    expect(showing(200, 0)).toBe(200 + rowHeight - visibleHeight); // its end becomes visible
    expect(showing(20, 50)).toBe(20); // its start becomes visible
  });

  it('keeps a mark on its symbols when the rows change, and drops it when they are no longer beside each other', () => {
    const before = ['A', 'B', 'C', 'D'];
    const cell = { cursor: { row: 1, day: 5 } };
    const rows = { cursor: { row: 1, day: 5 }, anchor: { row: 2, day: 7 } }; // B and C
    expect(markAfter(before, ['D', 'C', 'B', 'A'], cell)).toMatchObject({ cursor: { row: 2, day: 5 } });
    expect(markAfter(before, ['D', 'C', 'A'], cell)).toBeUndefined(); // B is filtered out
    expect(markAfter(before, ['D', 'C', 'B', 'A'], rows)).toEqual({
      cursor: { row: 2, day: 5 },
      anchor: { row: 1, day: 7 },
    });
    expect(markAfter(before, ['B', 'A', 'C', 'D'], rows)).toBeUndefined();
    expect(markAfter(before, ['A', 'C', 'D'], rows)).toBeUndefined();
  });
});
