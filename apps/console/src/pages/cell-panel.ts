/** The candles and gaps of one symbol on one trading day, of any interval of the session. */
import type { AnsweredBar, DaysAnswer, GapAnswer, SessionAnswer } from '@barkeep/api';
import { CandleChart } from '../chart/index.js';
import { call, callInView, symbolPath } from '../data/index.js';
import {
  candlesOf,
  clockText,
  gapLines,
  gapsWithin,
  intervalMs,
  venueText,
  zoneText,
  type GapLine,
} from '../model/index.js';
import { GapTable } from '../parts/index.js';
import { Failure, html, useQuery, useResource } from '../shell/index.js';
import { useEffect, useMemo, useState } from 'preact/hooks';

export interface CellPanelProperties {
  id: string;
  spec: SessionAnswer['spec'];
  symbol: string;
  day: DaysAnswer['days'][number];
  zone: string;
  /** Another number reads again. */
  version?: number;
}

export function CellPanel({ id, spec, symbol, day, zone, version }: CellPanelProperties) {
  const [chosen, setChosen] = useQuery('interval');
  const intervals = [spec.baseInterval, ...spec.derivedIntervals];
  const interval = intervals.includes(chosen) ? chosen : spec.baseInterval;
  const key = `${id} ${symbol} ${day.date} ${interval}`;
  const { value, error, reload } = useResource(key, () => readCell(id, symbol, day, interval), version);
  const stepMs = intervalMs(interval);
  const isBase = interval === spec.baseInterval;
  const [focus, setFocus] = useState<GapLine>();
  useEffect(() => setFocus(undefined), [key]);
  const gaps = value?.gaps;
  const candles = useMemo(() => candlesOf(value?.bars ?? [], isBase ? (gaps ?? []) : [], stepMs), [value, stepMs]);
  const lines = useMemo(() => gapLines(isBase ? (value?.bars ?? []) : [], value?.gaps ?? []), [value, isBase]);
  const hours = `${clockText(day.open)}–${clockText(day.close)} UTC (${venueText(day.open, zone)}–${venueText(day.close, zone)} ${zoneText(zone)})`;
  const button = (name: string) =>
    html`<button
      key=${name}
      type="button"
      class="quiet"
      aria-pressed=${name === interval}
      onClick=${() => setChosen(name === spec.baseInterval ? '' : name)}
    >
      ${name}
    </button>`;
  return html`<section class="panel">
      <div class="panel-head">
        <h2>${symbol} · ${day.date} · ${hours}</h2>
        <span class="steering" role="group" aria-label="Interval"
          >${intervals.map(button)}
          ${focus && html`<button type="button" class="quiet" onClick=${() => setFocus(undefined)}>whole day</button>`}</span
        >
      </div>
      <${Failure} error=${error} retry=${reload} />
      ${value && candles.length === 0 && html`<p class="empty">No bar and no gap is shown of this day yet.</p>`}
      <${CandleChart}
        label=${`Candles of ${symbol} on ${day.date}, ${value?.bars.length ?? 0} bars, ${gaps?.length ?? 0} gaps`}
        candles=${candles}
        gaps=${isBase ? (gaps ?? []) : []}
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

async function readCell(id: string, symbol: string, day: { open: string; close: string }, interval: string) {
  const range = `interval=${interval}&from=${day.open}&to=${day.close}`;
  const [bars, gaps] = await Promise.all([
    call<AnsweredBar[]>(symbolPath(id, symbol, `/bars?${range}`)),
    callInView<GapAnswer[]>(symbolPath(id, symbol, '/gaps')),
  ]);
  return { bars, gaps: gapsWithin(gaps, day.open, day.close) };
}
