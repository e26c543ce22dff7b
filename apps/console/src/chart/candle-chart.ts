/**
 * Candles and volume of one symbol. A streamed bar is solid, a backfilled one has a blue outline, an empty slot is
 * hatched and nothing is drawn over it. The library is loaded when the first chart opens.
 */
import { holesOf, type Candle, type GapLine } from '../model/index.js';
import { html } from '../shell/index.js';
import { coloursOf } from '../heatmap/index.js';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { GapAnswer } from '@barkeep/api';
import type * as Charts from 'lightweight-charts';
import type * as Library from './charts.js';
import { Hatching } from './hatching.js';

export interface CandleChartProperties {
  label: string;
  candles: readonly Candle[];
  gaps: readonly GapAnswer[];
  stepMs: number;
  /** The range to show, with its surroundings; the whole day when undefined. */
  focus?: Pick<GapLine, 'start' | 'end'> | undefined;
}

interface Drawn {
  chart: Charts.IChartApi;
  price: Charts.ISeriesApi<'Candlestick'>;
  volume: Charts.ISeriesApi<'Histogram'>;
  hatching: Hatching;
}

type Colour = (name: string) => string;

/** Bars that are shown before and after a range. */
const AROUND = 25;

/** A chart in a box that fills the width. */
export function CandleChart({ label, candles, gaps, stepMs, focus }: CandleChartProperties) {
  const box = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<Drawn>();
  const [theme, setTheme] = useState({});
  useEffect(() => {
    let isGone = false;
    let chart: Charts.IChartApi | undefined;
    void import('./charts.js').then((charts) => {
      if (isGone || !box.current) return;
      const made = make(charts, box.current, coloursOf(box.current));
      ({ chart } = made);
      setDrawn(made);
    });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const restyle = () => setTheme({});
    dark.addEventListener('change', restyle);
    return () => {
      isGone = true;
      dark.removeEventListener('change', restyle);
      chart?.remove();
    };
  }, []);
  useEffect(() => {
    if (drawn) show(drawn, coloursOf(box.current!), candles, gaps, stepMs);
  }, [drawn, theme, candles, gaps, stepMs]);
  // Not on each change of the candles: what a person has zoomed to stays while bars come in.
  useEffect(() => {
    if (drawn) lookAt(drawn.chart, candles, focus);
  }, [drawn, focus, stepMs, candles[0]?.time]);
  return html`<div class="chart" ref=${box} role="img" aria-label=${label}></div>`;
}

function make(charts: typeof Library, element: HTMLElement, colour: Colour): Drawn {
  const chart = charts.createChart(element, {
    autoSize: true,
    layout: { attributionLogo: false, fontSize: 11, ...layoutColours(colour) },
    timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 1 },
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

/** Shows a range with its surroundings, or everything. */
function lookAt(chart: Charts.IChartApi, candles: readonly Candle[], focus: CandleChartProperties['focus']): void {
  if (!focus) return chart.timeScale().fitContent();
  const [start, end] = [Date.parse(focus.start) / 1000, Date.parse(focus.end) / 1000];
  const from = candles.findIndex(({ time }) => time >= start);
  const count = candles.filter(({ time }) => time >= start && time < end).length;
  chart.timeScale().setVisibleLogicalRange({ from: from - AROUND, to: from + count + AROUND });
}

function layoutColours(colour: Colour) {
  return { background: { color: colour('panel') }, textColor: colour('muted') };
}

function show(
  drawn: Drawn,
  colour: Colour,
  candles: readonly Candle[],
  gaps: readonly GapAnswer[],
  stepMs: number,
): void {
  const { chart, price, volume, hatching } = drawn;
  const lines = { color: colour('line') };
  chart.applyOptions({
    layout: layoutColours(colour),
    grid: { vertLines: lines, horzLines: lines },
    rightPriceScale: { borderColor: colour('line') },
    timeScale: { borderColor: colour('line') },
  });
  price.setData(candles.map((candle) => priceOf(candle, colour)));
  volume.setData(candles.map((candle) => volumeOf(candle, colour)));
  hatching.show(holesOf(gaps), stepMs / 1000, colour('cell-absent'));
}

function priceOf(candle: Candle, colour: Colour): Charts.CandlestickData | Charts.WhitespaceData {
  const time = candle.time as Charts.UTCTimestamp;
  if (!('open' in candle)) return { time };
  const { open, high, low, close, origin } = candle;
  const body = colour(close >= open ? 'up' : 'down');
  const isRepaired = origin === 'backfilled';
  const border = isRepaired ? colour('cell-repaired') : body;
  return {
    time,
    open,
    high,
    low,
    close,
    color: isRepaired ? colour('panel') : body,
    borderColor: border,
    wickColor: border,
  };
}

function volumeOf(candle: Candle, colour: Colour): Charts.HistogramData | Charts.WhitespaceData {
  const time = candle.time as Charts.UTCTimestamp;
  if (!('open' in candle)) return { time };
  return { time, value: candle.volume, color: colour(candle.close >= candle.open ? 'up-soft' : 'down-soft') };
}
