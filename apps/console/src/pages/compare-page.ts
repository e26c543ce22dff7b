/** Compares two sessions. It says that they are equal, or shows the candles of both on the day of the first bar that differs. */
import type { DaysAnswer, DifferenceAnswer, SessionAnswer, SessionPageAnswer } from '@barkeep/api';
import { apiPath, callInView } from '../data/index.js';
import { countText, sessionHref, minuteText, withQuery } from '../model/index.js';
import { Failure, goTo, html, onValue, useLocation, useResource } from '../shell/index.js';
import { useState } from 'preact/hooks';
import { CellPanel } from './cell-panel.js';

export function ComparePage() {
  const { query } = useLocation();
  const [a, b] = [query.get('a') ?? '', query.get('b') ?? ''];
  const [typed, setTyped] = useState({ a, b }); // the texts of the inputs, before they are applied
  const sessions = useResource('sessions', () => callInView<SessionPageAnswer>('/v1/sessions?limit=100'));
  const difference = useResource(a && b ? `${a} ${b}` : undefined, () =>
    callInView<DifferenceAnswer>(apiPath`/v1/sessions/${a}/difference?with=${b}`, { isLong: true }),
  );
  const apply = (event: Event) => {
    event.preventDefault();
    // Also when the sessions are the same: they may have run on.
    goTo(withQuery('/compare', { ...Object.fromEntries(query), a: typed.a.trim(), b: typed.b.trim() }));
  };
  const input = (name: 'a' | 'b', label: string) =>
    html`<label
      >${label}
      <input list="sessions" value=${typed[name]} onInput=${onValue((value) => setTyped({ ...typed, [name]: value }))}
    /></label>`;
  return html`<div class="page-head">
      <h1>Compare two sessions</h1>
      <datalist id="sessions">
        ${(sessions.value?.sessions ?? []).map(({ id }) => html`<option key=${id} value=${id}></option>`)}
      </datalist>
      <form class="inline" onSubmit=${apply}>
        ${input('a', 'session')} ${input('b', 'with')} <button type="submit" class="primary">Compare</button>
      </form>
    </div>
    <${Failure} error=${difference.error} retry=${difference.reload} />
    ${a && b && difference.value && html`<${Result} a=${a} b=${b} difference=${difference.value} />`}
    ${a && b ? '' : html`<p class="empty">Name two sessions over the same days. The first bar that differs opens.</p>`}`;
}

/** The result of a comparison. When a bar differs, also its day in both sessions, side by side. */
function Result({ a, b, difference }: { a: string; b: string; difference: DifferenceAnswer }) {
  const { first, compared, equal } = difference;
  if (compared.symbols === 0 || compared.days === 0) {
    const lacking = compared.symbols === 0 ? 'symbol' : 'day that both clocks have closed';
    return html`<p class="warning" role="status">
      ${`Nothing was compared: the sessions have no common ${lacking}.`}
    </p>`;
  }
  const scope = `${countText(compared.symbols, 'symbol')} on ${countText(compared.days, 'closed day')}`;
  if (equal || first === null)
    return html`<p class="success" role="status">Equal: every bar of ${scope} is the same.</p>`;
  return html`<p class="warning" role="status">
      The first bar that differs is ${first.symbol} at ${minuteText(first.slotTime)} UTC (of ${scope}).
    </p>
    <div class="columns even">
      ${[a, b].map((id) => html`<${Side} key=${id} id=${id} symbol=${first.symbol} date=${first.date} />`)}
    </div>`;
}

/** The day of the first bar that differs, in one of the sessions. */
function Side({ id, symbol, date }: { id: string; symbol: string; date: string }) {
  const { value, error, reload } = useResource(`${id} ${date}`, async () => ({
    session: await callInView<SessionAnswer>(apiPath`/v1/sessions/${id}`),
    days: await callInView<DaysAnswer>(apiPath`/v1/sessions/${id}/days?from=${date}&to=${date}&limit=1`),
  }));
  const day = value?.days.days[0];
  return html`<div class="stack">
    <h2><a href=${sessionHref(id, { symbol, date })}>${id}</a></h2>
    <${Failure} error=${error} retry=${reload} />
    ${value && day && html`<${CellPanel} id=${id} spec=${value.session.spec} symbol=${symbol} day=${day} zone=${value.days.zone} />`}
  </div>`;
}
