/** The legend of the heatmap. */
import { CELL_STATES, STATE_WORDS, type CellState } from '../model/index.js';
import { html } from '../shell/index.js';

/** Explains the colours and signs of the states. */
export function Legend({ states = CELL_STATES }: { states?: readonly CellState[] }) {
  return html`<ul class="legend">
    ${states.map(
      (state) =>
        html`<li key=${state} title=${STATE_WORDS[state].help}>
          <span
            class=${`swatch cell-${state}`}
            style=${{ backgroundColor: `var(--cell-${state})`, color: `var(--ink-${state})` }}
            aria-hidden="true"
            >${STATE_WORDS[state].letter}</span
          >${STATE_WORDS[state].name}
        </li>`,
    )}
  </ul>`;
}
