/** The rows of a symbol that are not stored as bars: refused ones by reason, and those outside trading hours, with examples. */
import type { MetricsAnswer } from '@barkeep/api';
import { callInView, symbolPath } from '../data/index.js';
import { datasetHref, numberText, minuteText } from '../model/index.js';
import { html, useResource } from '../shell/index.js';

export interface RefusedPanelProperties {
  id: string;
  symbol: string;
  /** Dataset of the stream, whose page has examples of refused rows; undefined for other sources. */
  dataset: string | undefined;
  /** Another number reads again. */
  version: number;
}

/** Null while every row of the symbol is stored as a bar. */
export function RefusedPanel({ id, symbol, dataset, version }: RefusedPanelProperties) {
  const read = () => callInView<MetricsAnswer>(symbolPath(id, symbol, '/metrics'));
  const { value } = useResource(`${id} ${symbol}`, read, version);
  if (!value) return null;
  const refused = Object.entries(value.refused).filter(([, count]) => count > 0);
  if (refused.length === 0 && value.outside === 0 && value.extended === 0) return null;
  return html`<section class="panel">
    <h2>Rows of ${symbol} that are not stored as bars</h2>
    <ul class="plain">
      ${refused.map(([reason, count]) => html`<li key=${reason}>${numberText(count)} refused: ${reason}</li>`)}
      ${
        value.outside > 0 &&
        html`<li>
          ${`${numberText(value.outside)} outside the calendar, for example at ${value.outsideExamples.slice(0, 3).map(minuteText).join(', ')} UTC`}
        </li>`
      }
      ${value.extended > 0 && html`<li>${numberText(value.extended)} in extended hours</li>`}
    </ul>
    ${
      refused.length > 0 &&
      dataset !== undefined &&
      html`<p class="empty">
        The refused rows are on the page of dataset <a href=${datasetHref(dataset)}>${dataset}</a>.
      </p>`
    }
  </section>`;
}
