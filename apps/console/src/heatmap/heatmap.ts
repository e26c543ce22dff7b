/**
 * The coverage of symbols and trading days as a picture. The canvas shows only the visible cells, so that thousands of rows scroll
 * smoothly. Arrow keys move over the cells, Shift selects, Enter opens a cell. A line of text below describes the current cell.
 */
import { cellOf, describeCell, type CellState } from '../model/index.js';
import { html, useTheme } from '../shell/index.js';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { draw, type Picture } from './drawing.js';
import {
  cellAt,
  HEADER_HEIGHT,
  heatmapLayout,
  movedBy,
  ROW_HEIGHT,
  scrollTo,
  type HeatmapLayout,
  type Marked,
  type Place,
} from './layout.js';

interface HeatmapProperties extends Pick<Picture, 'matrix' | 'symbols' | 'openDay' | 'marked'> {
  /** What the picture shows, for screen readers. */
  label: string;
  filter?: CellState | undefined;
  onMark: (marked: Marked) => void;
  /** Opens a cell; undefined when there is nothing to open. */
  onOpen?: (symbol: string, day: number) => void;
}

/** A step beyond the edge of every matrix. {@link movedBy} stops at the edge. */
const TO_EDGE = 1e6;
const PAGE_ROWS = 20;
/** How far each key moves the cursor. */
const STEPS: Record<string, Place> = {
  ArrowUp: { row: -1, day: 0 },
  ArrowDown: { row: 1, day: 0 },
  ArrowLeft: { row: 0, day: -1 },
  ArrowRight: { row: 0, day: 1 },
  PageUp: { row: -PAGE_ROWS, day: 0 },
  PageDown: { row: PAGE_ROWS, day: 0 },
  Home: { row: 0, day: -TO_EDGE },
  End: { row: 0, day: TO_EDGE },
};

/** Rows that are visible without scrolling. */
const SHOWN_ROWS_MAX = 34;
/** Room for the horizontal scroll bar, px. */
const SCROLL_BAR = 14;

const scrollOf = ({ scrollLeft, scrollTop }: HTMLElement) => ({ left: scrollLeft, top: scrollTop });

/** The picture in a box that scrolls. */
export function Heatmap(properties: HeatmapProperties) {
  const { label, matrix, symbols, openDay, filter, marked, onMark, onOpen } = properties;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const [hovered, setHovered] = useState<Place>();
  useTheme(); // paints again in other colours
  const layout = useMemo(() => heatmapLayout(width, matrix.days.length, symbols), [width, matrix.days.length, symbols]);
  const paint = () => {
    if (!canvas.current || !box.current) return;
    draw(canvas.current, { matrix, symbols, layout, openDay, filter, marked }, scrollOf(box.current));
  };
  useLayoutEffect(paint); // after every render
  const cursor = marked?.cursor;
  const [cursorSymbol, cursorDate] = [cursor && symbols[cursor.row], cursor && matrix.days[cursor.day]?.date];
  // Shows the cell that the address or a link names. Not when only its row changes: the user may be looking at other rows.
  useEffect(() => {
    if (cursor && !marked.anchor && width > 0) bringIntoView(box.current!, layout, cursor);
  }, [cursorSymbol, cursorDate, width > 0]);
  const placeOf = (event: MouseEvent): Place | undefined => {
    const { left, top } = canvas.current!.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    return cellAt(layout, scrollOf(box.current!), x, y, matrix.days.length, symbols.length);
  };
  const open = ({ row, day }: Place) => onOpen?.(symbols[row]!, day);
  const click = (event: MouseEvent) => {
    const place = placeOf(event);
    if (!place) return;
    // A click on a symbol's name selects its row.
    if (place.day < 0)
      return onMark({ cursor: { ...place, day: 0 }, anchor: { ...place, day: matrix.days.length - 1 } });
    // A click with Shift extends the selection; an ordinary click selects and opens one cell.
    if (event.shiftKey) return onMark({ cursor: place, anchor: marked?.anchor ?? marked?.cursor });
    onMark({ cursor: place });
    open(place);
  };
  const hover = (event: MouseEvent) => {
    const place = placeOf(event);
    setHovered(place && place.day >= 0 ? place : undefined);
  };
  const pressKey = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const opens = event.key === 'Enter' || event.key === ' ';
    const isOfBrowser = event.altKey || event.ctrlKey || event.metaKey; // such as Alt+Left for "back"
    if (isOfBrowser || (!step && !opens)) return;
    event.preventDefault();
    const at = marked?.cursor ?? { row: 0, day: 0 };
    if (!step) return open(at);
    const next = movedBy(step, at, matrix.days.length, symbols.length);
    bringIntoView(box.current!, layout, next);
    onMark({ cursor: next, anchor: event.shiftKey ? (marked?.anchor ?? at) : undefined });
  };
  const hint = `Point at a cell to read it${onOpen ? '; click it for its candles' : ''}.`;
  const text = describe(properties, hovered ?? cursor) ?? hint;
  const height = Math.min(layout.height, SHOWN_ROWS_MAX * ROW_HEIGHT + HEADER_HEIGHT);
  return html`<div class="heatmap">
    <div
      class="heatmap-box"
      ref=${box}
      style=${{ height: `${height + SCROLL_BAR}px` }}
      tabindex="0"
      role="application"
      aria-label=${`${label}. Arrow keys move${onOpen ? ', Enter opens a cell, Shift selects' : ''}.`}
      aria-describedby="heatmap-cell"
      onScroll=${paint}
      onKeyDown=${pressKey}
      onClick=${click}
      onMouseMove=${hover}
      onMouseLeave=${() => setHovered(undefined)}
    >
      <div style=${{ width: `${layout.width}px`, height: `${layout.height}px` }}>
        <canvas ref=${canvas} style=${{ width: `${width}px`, height: `${height}px` }}></canvas>
      </div>
    </div>
    <p id="heatmap-cell" class="heatmap-cell" aria-live=${hovered ? 'off' : 'polite'}>${text}</p>
  </div>`;
}

/** The width of a box, px; 0 before the first measurement. */
function useWidth(box: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** A sentence about a cell; undefined without a cell. */
function describe({ matrix, symbols, openDay }: HeatmapProperties, place: Place | undefined): string | undefined {
  const symbol = place && symbols[place.row];
  const day = place && matrix.days[place.day];
  if (!symbol || !day) return undefined;
  return describeCell(symbol, day.date, cellOf(matrix, symbol, place.day, openDay));
}

/** Scrolls the box until the cell is visible. */
function bringIntoView(box: HTMLElement, { labelWidth, cellWidth }: HeatmapLayout, { row, day }: Place): void {
  box.scrollTop = scrollTo(box.scrollTop, box.clientHeight - HEADER_HEIGHT - SCROLL_BAR, row * ROW_HEIGHT, ROW_HEIGHT);
  box.scrollLeft = scrollTo(box.scrollLeft, box.clientWidth - labelWidth, day * cellWidth, cellWidth);
}
