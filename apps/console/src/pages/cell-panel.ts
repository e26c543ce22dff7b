/** Panels of one symbol: its candles and gaps on one trading day, in any interval of the session, and its rows that are not bars. */
import type { AnsweredBar, DaysAnswer, GapAnswer, LayoutAnswer, MetricsAnswer, SessionAnswer } from '@barkeep/api';
import { CandleChart } from '../chart/index.js';
import { call, callInView, sessionPath, symbolPath } from '../data/index.js';
import {
  candlesOf,
  clockText,
  datasetHref,
  gapLines,
  gapsOutsideBreaks,
  gapsWithin,
  intervalMs,
  minuteText,
  numberText,
  spansBreak,
  venueText,
  zoneText,
  type GapLine,
} from '../model/index.js';
import { GapTable } from '../parts/index.js';
import { button, Failure, html, useQuery, useResource } from '../shell/index.js';
import { useEffect, useMemo, useState } from 'preact/hooks';

interface CellPanelProperties {
  /** Id of the session. */
  id: string;
  spec: SessionAnswer['spec'];
  symbol: string;
  day: DaysAnswer['days'][number];
  zone: string;
  /** A new number reads the data again. */
  version?: number;
}

/** The candles of a symbol on one day in the chosen interval, and the table of its gaps. */
export function CellPanel({ id, spec, symbol, day, zone, version }: CellPanelProperties) {
  const [chosen, setChosen] = useQuery('interval');
  const intervals = [spec.baseInterval, ...spec.derivedIntervals];
  const interval = intervals.includes(chosen) ? chosen : spec.baseInterval;
  const key = `${id} ${symbol} ${day.date} ${interval}`;
  const segments = useMemo(() => once(() => readSegments(id, day.date)), [id, day.date]); // the same at each read
  const { value, error, reload } = useResource(key, () => readCell(id, spec, symbol, day, interval, segments), version);
  const stepMs = intervalMs(interval);
  const isBase = interval === spec.baseInterval;
  /** The gap that the chart zooms to; undefined shows the whole day. */
  const [focus, setFocus] = useState<GapLine>();
  useEffect(() => setFocus(undefined), [key]);
  const { bars, gaps, gapsToDraw } = value ?? EMPTY_CELL;
  const chartGaps = isBase ? gapsToDraw : []; // gaps are ranges of base slots
  const candles = useMemo(() => candlesOf(bars, chartGaps, stepMs), [value, stepMs]);
  const lines = useMemo(() => gapLines(isBase ? bars : [], gaps), [value, isBase]);
  const utcHours = `${clockText(day.open)}–${clockText(day.close)} UTC`;
  const venueHours = `${venueText(day.open, zone)}–${venueText(day.close, zone)} ${zoneText(zone)}`;
  /** The button that chooses an interval. The base interval is the default, so it is not in the address. */
  const choice = (name: string) =>
    button(name, () => setChosen(name === spec.baseInterval ? '' : name), {
      key: name,
      class: 'quiet',
      'aria-pressed': name === interval,
    });
  return html`<section class="panel">
      <div class="panel-head">
        <h2>${symbol} · ${day.date} · ${utcHours} (${venueHours})</h2>
        <span class="steering" role="group" aria-label="Interval"
          >${intervals.map(choice)} ${focus && button('whole day', () => setFocus(undefined), { class: 'quiet' })}</span
        >
      </div>
      <${Failure} error=${error} retry=${reload} />
      ${value && candles.length === 0 && html`<p class="empty">This day has no visible bar or gap yet.</p>`}
      <${CandleChart}
        label=${`Candles of ${symbol} on ${day.date}, ${bars.length} bars, ${gaps.length} gaps`}
        candles=${candles}
        gaps=${chartGaps}
        stepMs=${stepMs}
        focus=${focus}
      />
      <ul class="legend">
        <li><span class="swatch candle-streamed" aria-hidden="true"></span>${isBase ? 'streamed' : 'derived'}</li>
        ${isBase && html`<li><span class="swatch candle-backfilled" aria-hidden="true"></span>backfilled</li>`}
        ${isBase && html`<li><span class="swatch candle-hole" aria-hidden="true"></span>no bar</li>`}
      </ul>
    </section>
    ${value && html`<${GapTable} session=${id} symbol=${symbol} date=${day.date} lines=${lines} onShow=${setFocus} />`}`;
}

const EMPTY_CELL: Awaited<ReturnType<typeof readCell>> = { bars: [], gaps: [], gapsToDraw: [] };

async function readCell(
  id: string,
  spec: SessionAnswer['spec'],
  symbol: string,
  day: CellPanelProperties['day'],
  interval: string,
  segments: () => ReturnType<typeof readSegments>,
) {
  const range = `interval=${interval}&from=${day.open}&to=${day.close}`;
  const [bars, gaps] = await Promise.all([
    call<AnsweredBar[]>(symbolPath(id, symbol, `/bars?${range}`)),
    callInView<GapAnswer[]>(symbolPath(id, symbol, '/gaps')),
  ]);
  const gapsOfDay = gapsWithin(gaps, day.open, day.close);
  const slotMs = intervalMs(spec.baseInterval);
  const crossesBreak = gapsOfDay.some((gap) => spansBreak(gap, slotMs));
  const gapsToDraw = crossesBreak ? gapsOutsideBreaks(gapsOfDay, await segments()) : gapsOfDay;
  return { bars, gaps: gapsOfDay, gapsToDraw };
}

/** A function that calls `read` until it succeeds, and then returns the same result. */
function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let result: Promise<Value> | undefined;
  return () =>
    (result ??= read().catch((error: unknown) => {
      result = undefined;
      throw error;
    }));
}

/** The parts of a trading day between its breaks. */
async function readSegments(id: string, date: string) {
  const { days } = await call<LayoutAnswer>(sessionPath(id, '/layout'));
  return days.find((day) => day.date === date)?.segments ?? [];
}

interface RefusedPanelProperties extends Pick<CellPanelProperties, 'id' | 'symbol' | 'version'> {
  /** The dataset that the session streams, whose page has examples of refused rows; undefined for other sources. */
  dataset: string | undefined;
}

/** The numbers of a symbol's rows that are not stored as bars, by reason; null when there are none. */
export function RefusedPanel({ id, symbol, dataset, version }: RefusedPanelProperties) {
  const read = () => callInView<MetricsAnswer>(symbolPath(id, symbol, '/metrics'));
  const { value } = useResource(`${id} ${symbol}`, read, version);
  if (!value) return null;
  const refused = Object.entries(value.refused).filter(([, count]) => count > 0);
  if (refused.length === 0 && value.outside === 0 && value.extended === 0) return null;
  const examples = value.outsideExamples.slice(0, 3).map(minuteText);
  return html`<section class="panel">
    <h2>Rows of ${symbol} that are not stored as bars</h2>
    <ul class="plain">
      ${refused.map(([reason, count]) => html`<li key=${reason}>${numberText(count)} refused: ${reason}</li>`)}
      ${
        value.outside > 0 &&
        html`<li>${`${numberText(value.outside)} outside the calendar, for example at ${examples.join(', ')} UTC`}</li>`
      }
      ${value.extended > 0 && html`<li>${numberText(value.extended)} in extended hours</li>`}
    </ul>
    ${
      refused.length > 0 &&
      dataset !== undefined &&
      html`<p class="empty">The page of the dataset has examples: <a href=${datasetHref(dataset)}>${dataset}</a></p>`
    }
  </section>`;
}
