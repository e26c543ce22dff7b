/** Panels of one symbol: its candles and gaps on one trading day, in any interval of the session, and its rows that are not bars. */
import type { AnsweredBar, DaysAnswer, GapAnswer, LayoutAnswer, MetricsAnswer, SessionAnswer } from '@barkeep/api';
import { CandleChart } from '../chart/index.js';
import { apiPath, call, callInView } from '../data/index.js';
import {
  atVenueText,
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
export function CellPanel(properties: CellPanelProperties) {
  const { id, spec, symbol, day, zone, version } = properties;
  const [chosen, setChosen] = useQuery('interval');
  const intervals = [spec.baseInterval, ...spec.derivedIntervals];
  const interval = intervals.includes(chosen) ? chosen : spec.baseInterval;
  const key = `${id} ${symbol} ${day.date} ${interval}`;
  const cell = useResource(key, () => readCell(id, symbol, day, interval), version);
  const { bars, gaps } = cell.value ?? NOTHING_READ;
  const stepMs = intervalMs(interval);
  const isBase = interval === spec.baseInterval;
  // Gaps are ranges of base slots, so the chart of a longer interval shows none.
  const hatched = useGapsOutsideBreaks(properties, isBase ? gaps : NOTHING_READ.gaps, stepMs);
  const candles = useMemo(() => candlesOf(bars, hatched.gaps, stepMs), [bars, hatched.gaps, stepMs]);
  const lines = useMemo(() => gapLines(isBase ? bars : [], gaps), [bars, gaps, isBase]);
  /** The gap that the chart zooms to; undefined shows the whole day. */
  const [focus, setFocus] = useState<GapLine>();
  useEffect(() => setFocus(undefined), [key]);
  const retry = () => {
    cell.reload();
    hatched.retry();
  };
  const hours = `${clockText(day.open)}–${clockText(day.close)} UTC${atVenueText(zone, day.open, day.close)}`;
  /** The button that chooses an interval. The base interval is the default, so it is not in the address. */
  const choice = (name: string) =>
    button(name, () => setChosen(name === spec.baseInterval ? '' : name), {
      key: name,
      class: 'quiet',
      'aria-pressed': name === interval,
    });
  return html`<section class="panel">
      <div class="panel-head">
        <h2>${symbol} · ${day.date} · ${hours}</h2>
        <span class="steering" role="group" aria-label="Interval"
          >${intervals.map(choice)} ${focus && button('whole day', () => setFocus(undefined), { class: 'quiet' })}</span
        >
      </div>
      <${Failure} error=${cell.error ?? hatched.error} retry=${retry} />
      ${cell.value && hatched.areRead && candles.length === 0 && html`<p class="empty">This day has no visible bar or gap yet.</p>`}
      <${CandleChart}
        label=${`Candles of ${symbol} on ${day.date}, ${bars.length} bars, ${gaps.length} gaps`}
        candles=${candles}
        gaps=${hatched.gaps}
        stepMs=${stepMs}
        focus=${focus}
      />
      <${ChartLegend} isBase=${isBase} />
    </section>
    ${cell.value && html`<${GapTable} session=${id} symbol=${symbol} date=${day.date} lines=${lines} onShow=${setFocus} />`}`;
}

function ChartLegend({ isBase }: { isBase: boolean }) {
  const item = (sign: string, name: string) =>
    html`<li><span class=${`swatch candle-${sign}`} aria-hidden="true"></span>${name}</li>`;
  return html`<ul class="legend">
    ${item('streamed', isBase ? 'streamed' : 'derived')}
    ${isBase && [item('backfilled', 'backfilled'), item('hole', 'no bar')]}
  </ul>`;
}

const NOTHING_READ: Awaited<ReturnType<typeof readCell>> = { bars: [], gaps: [] };

async function readCell(id: string, symbol: string, { open, close }: CellPanelProperties['day'], interval: string) {
  const [bars, gaps] = await Promise.all([
    call<AnsweredBar[]>(
      apiPath`/v1/sessions/${id}/symbols/${symbol}/bars?interval=${interval}&from=${open}&to=${close}`,
    ),
    callInView<GapAnswer[]>(apiPath`/v1/sessions/${id}/symbols/${symbol}/gaps`),
  ]);
  return { bars, gaps: gapsWithin(gaps, open, close) };
}

/**
 * The parts of the gaps outside the breaks of the day. The breaks are read only when a gap spans one: `areRead` is false until then.
 * @param stepMs length of a slot
 */
function useGapsOutsideBreaks({ id, day, version }: CellPanelProperties, gaps: readonly GapAnswer[], stepMs: number) {
  const spansOne = gaps.some((gap) => spansBreak(gap, stepMs));
  const segments = useResource(spansOne ? `${id} ${day.date}` : undefined, () => readSegments(id, day.date));
  const parts = useMemo(
    () => (spansOne ? gapsOutsideBreaks(gaps, segments.value ?? []) : gaps),
    [gaps, spansOne, segments.value],
  );
  /** The breaks of a day do not change, so they are read again only after a failure. */
  const retry = () => {
    if (segments.error) segments.reload();
  };
  useEffect(retry, [version]);
  return { gaps: parts, areRead: !spansOne || segments.value !== undefined, error: segments.error, retry };
}

/** The parts of a trading day between its breaks. */
async function readSegments(id: string, date: string) {
  const { days } = await call<LayoutAnswer>(apiPath`/v1/sessions/${id}/layout`);
  return days.find((day) => day.date === date)?.segments ?? [];
}

interface RefusedPanelProperties extends Pick<CellPanelProperties, 'id' | 'symbol' | 'version'> {
  /** The dataset that the session streams, whose page has examples of refused rows; undefined for other sources. */
  dataset: string | undefined;
}

/** The numbers of a symbol's rows that are not stored as bars, by reason; null when there are none. */
export function RefusedPanel({ id, symbol, dataset, version }: RefusedPanelProperties) {
  const read = () => callInView<MetricsAnswer>(apiPath`/v1/sessions/${id}/symbols/${symbol}/metrics`);
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
