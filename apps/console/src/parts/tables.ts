/** The tables of a session's page: gaps, consumers, queues. */
import type { ConsumerAnswer } from '@barkeep/api';
import { clockText, durationText, numberText, minuteText, type GapLine } from '../model/index.js';
import { EmptyPanel, html } from '../shell/index.js';
import type { ComponentChildren, VNode } from '../vendor/index.js';

/** A table with a caption that screen readers name. Columns with numbers are marked with `#` before their title. */
export function Table({
  caption,
  columns,
  children,
}: {
  caption: string;
  columns: readonly string[];
  children?: ComponentChildren;
}): VNode {
  const heading = (column: string) =>
    html`<th key=${column} scope="col" class=${column.startsWith('#') ? 'number' : ''}>${column.replace('#', '')}</th>`;
  return html`<div class="table-box" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(heading)}
        </tr>
      </thead>
      <tbody>
        ${children}
      </tbody>
    </table>
  </div>`;
}

export interface GapTableProperties {
  session: string;
  symbol: string;
  date: string;
  lines: readonly GapLine[];
  /** Shows a range in the chart. */
  onShow: (line: GapLine) => void;
}

/** The gaps of a symbol on one day, and the ranges that were filled. */
export function GapTable({ session, symbol, date, lines, onShow }: GapTableProperties): VNode {
  const caption = `Gaps of ${symbol} on ${date} in ${session}`;
  if (lines.length === 0) return html`<${EmptyPanel} title=${caption} text="None." />`;
  return html`<section class="panel">
    <${Table} caption=${caption} columns=${['from (UTC)', 'to', '#bars', 'state', '#asks', 'last error']}>
      ${lines.map(
        (line) =>
          html`<tr key=${line.start}>
            <td>
              <button type="button" class="link" onClick=${() => onShow(line)}>${minuteText(line.start)}</button>
            </td>
            <td>${clockText(line.end)}</td>
            <td class="number">${line.bars}</td>
            <td>${line.status}</td>
            <td class="number">${line.attempts ?? '–'}</td>
            <td class="error-text">${line.lastError ?? '–'}</td>
          </tr>`,
      )}
    <//>
  </section>`;
}

/** The consumers of a session, and how far each is behind the clock. */
export function ConsumerTable({
  consumers,
  clock,
}: {
  consumers: readonly ConsumerAnswer[];
  clock: string | null;
}): VNode {
  if (consumers.length === 0)
    return html`<${EmptyPanel} title="Consumers" text="No strategy has followed this session." />`;
  const behind = ({ time }: ConsumerAnswer) => (clock === null ? 0 : Math.max(0, Date.parse(clock) - Date.parse(time)));
  return html`<section class="panel">
    <${Table} caption="Consumers" columns=${['name', 'at (UTC)', '#behind', '#steps', '#bars', 'state']}>
      ${consumers.map(
        (consumer) =>
          html`<tr key=${consumer.name}>
            <td>${consumer.name}</td>
            <td>${minuteText(consumer.time)}</td>
            <td class="number">${behind(consumer) === 0 ? '0' : durationText(behind(consumer))}</td>
            <td class="number">${numberText(consumer.steps)}</td>
            <td class="number">${numberText(consumer.bars)}</td>
            <td>${consumer.state}</td>
          </tr>`,
      )}
    <//>
  </section>`;
}
