/**
 * Candles and volume of one symbol. A streamed bar is solid, and a backfilled bar has a blue outline. An empty slot is hatched and has no
 * candle. The chart library is loaded when the first chart opens.
 */
import { candlesAround, holesOf, priceDecimals, type Candle, type GapLine } from '../model/index.js';
import { html, useTheme } from '../shell/index.js';
import { coloursOf } from '../heatmap/index.js';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { GapAnswer } from '@barkeep/api';
import type * as Charts from 'lightweight-charts';
import type * as Library from './charts.js';
import { Hatching } from './hatching.js';

interface CandleChartProperties {
  /** What the chart shows, for screen readers. */
  label: string;
  candles: readonly Candle[];
  gaps: readonly GapAnswer[];
  /** Length of a bar. */
  stepMs: number;
  /** The range that the chart shows, with some bars around it; undefined shows all candles. */
  focus?: Pick<GapLine, 'start' | 'end'> | undefined;
}

/** Small enough for a day of 1,440 minutes on a phone, px. */
const BAR_WIDTH_MIN = 0.1;

type ChartParts = ReturnType<typeof buildChart>;
/** Returns the colour with a name in the page's theme. */
type ColourOf = (name: string) => string;

/** A chart in a box that fills the available width. */
export function CandleChart(properties: CandleChartProperties) {
  const { label, candles, gaps, stepMs } = properties;
  const box = useRef<HTMLDivElement>(null);
  const { parts, isMissing } = useChart(box);
  const theme = useTheme();
  useEffect(() => {
    if (parts) showData(parts, coloursOf(box.current!), { candles, gaps, stepMs });
  }, [parts, theme, candles, gaps, stepMs]);
  const noteMove = useShownRange(parts, properties);
  return html`${isMissing && html`<p class="failure" role="alert">The chart could not be loaded. Load the page again.</p>`}
    <div
      class="chart"
      ref=${box}
      role="img"
      aria-label=${label}
      onPointerDownCapture=${noteMove}
      onWheelCapture=${noteMove}
    ></div>`;
}

/** Builds a chart in the box. @returns its parts, undefined until the chart library is loaded, and whether that failed */
function useChart(box: { readonly current: HTMLDivElement | null }) {
  const [parts, setParts] = useState<ChartParts>();
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    let isUnmounted = false;
    let chart: Charts.IChartApi | undefined;
    const build = (charts: typeof Library) => {
      if (isUnmounted || !box.current) return;
      const built = buildChart(charts, box.current, coloursOf(box.current));
      ({ chart } = built);
      setParts(built);
    };
    void import('./charts.js').then(build, () => setMissing(true));
    return () => {
      isUnmounted = true;
      chart?.remove();
    };
  }, []);
  return { parts, isMissing };
}

/**
 * Shows the focus, or all candles, unless the user has moved or zoomed the chart: what they chose stays while bars are added at the end.
 * @returns a function that notes that the user moves the chart
 */
function useShownRange(parts: ChartParts | undefined, { candles, stepMs, focus }: CandleChartProperties): () => void {
  const isMoved = useRef(false);
  useEffect(() => {
    isMoved.current = false;
  }, [parts, focus, stepMs, candles[0]?.time]);
  useEffect(() => {
    if (isMoved.current) return;
    const scale = parts?.chart.timeScale();
    // The chart's own fitContent() shows an empty range when no slot has a bar.
    const allCandles = { from: 0, to: candles.length };
    scale?.setVisibleLogicalRange(focus ? candlesAround(candles, stepMs, focus) : allCandles);
  }, [parts, focus, stepMs, candles]);
  return () => (isMoved.current = true);
}

/** An empty chart: prices in the upper part, volume in the lowest fifth. */
function buildChart(charts: typeof Library, element: HTMLElement, colourOf: ColourOf) {
  const chart = charts.createChart(element, {
    autoSize: true,
    localization: { locale: 'en-US', dateFormat: 'yyyy-MM-dd' }, // as in the rest of the console
    layout: { attributionLogo: false, fontSize: 11, ...layoutColours(colourOf) },
    timeScale: {
      timeVisible: true,
      secondsVisible: false,
      rightOffset: 1,
      minBarSpacing: BAR_WIDTH_MIN,
      shiftVisibleRangeOnNewBar: false, // the component sets the range
    },
    rightPriceScale: { scaleMargins: { top: 0.06, bottom: 0.26 }, entireTextOnly: true },
  });
  const price = chart.addSeries(charts.CandlestickSeries, { priceLineVisible: false, lastValueVisible: false });
  const volume = chart.addSeries(charts.HistogramSeries, {
    priceScaleId: 'volume',
    priceFormat: { type: 'volume' },
    priceLineVisible: false,
    lastValueVisible: false,
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.8, bottom: 0 } });
  const hatching = new Hatching();
  price.attachPrimitive(hatching);
  return { chart, price, volume, hatching };
}

function layoutColours(colourOf: ColourOf) {
  return { background: { color: colourOf('panel') }, textColor: colourOf('muted') };
}

type ChartData = Pick<CandleChartProperties, 'candles' | 'gaps' | 'stepMs'>;

function showData({ chart, price, volume, hatching }: ChartParts, colourOf: ColourOf, data: ChartData): void {
  const lines = { color: colourOf('line') };
  chart.applyOptions({
    layout: layoutColours(colourOf),
    grid: { vertLines: lines, horzLines: lines },
    rightPriceScale: { borderColor: colourOf('line') },
    timeScale: { borderColor: colourOf('line') },
  });
  const decimals = priceDecimals(data.candles);
  price.applyOptions({ priceFormat: { type: 'price', precision: decimals, minMove: 10 ** -decimals } });
  price.setData(data.candles.map((candle) => priceOf(candle, colourOf)));
  volume.setData(data.candles.map((candle) => volumeOf(candle, colourOf)));
  hatching.show(holesOf(data.gaps, data.stepMs), colourOf('cell-absent'));
}

function priceOf(candle: Candle, colourOf: ColourOf): Charts.CandlestickData | Charts.WhitespaceData {
  const time = candle.time as Charts.UTCTimestamp;
  if (!('open' in candle)) return { time };
  const { open, high, low, close, origin } = candle;
  const body = colourOf(close >= open ? 'up' : 'down');
  const isRepaired = origin === 'backfilled';
  const color = isRepaired ? colourOf('panel') : body;
  const border = isRepaired ? colourOf('cell-repaired') : body;
  return { time, open, high, low, close, color, borderColor: border, wickColor: border };
}

function volumeOf(candle: Candle, colourOf: ColourOf): Charts.HistogramData | Charts.WhitespaceData {
  const time = candle.time as Charts.UTCTimestamp;
  if (!('open' in candle)) return { time };
  return { time, value: candle.volume, color: colourOf(candle.close >= candle.open ? 'up-soft' : 'down-soft') };
}
