/** The counts of a session as large figures. */
import type { SessionAnswer } from '@barkeep/api';
import { numberText, filledText } from '../model/index.js';
import { html } from '../shell/index.js';
import type { VNode } from '../vendor/index.js';

/** Quality and the counts of slots and rows. */
export function Figures({ counts }: { counts: SessionAnswer['counts'] }): VNode {
  const figures: [label: string, value: string, help: string][] = [
    ['quality', filledText(counts), 'filled slots of those in which something traded'],
    ['streamed', numberText(counts.streamed), 'bars that came with the stream'],
    ['backfilled', numberText(counts.backfilled), 'missing bars that a repository had'],
    ['no trade', numberText(counts.noTrade), 'empty minutes in which nothing traded'],
    ['absent', numberText(counts.absent + counts.missing), 'empty slots that upkeep requests again'],
    ['unfillable', numberText(counts.unfillable), 'empty slots that were given up'],
    ['refused', numberText(counts.refused), 'bars that are not valid'],
    ['outside', numberText(counts.outside), 'rows that no slot of the calendar takes'],
  ];
  return html`<dl class="panel figures">
    ${figures.map(
      ([label, value, help]) =>
        html`<div key=${label} title=${help}>
          <dd>${value}</dd>
          <dt>${label}</dt>
        </div>`,
    )}
  </dl>`;
}
