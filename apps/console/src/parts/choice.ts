/** A choice of one of a few words. */
import { STATE_WORDS, type CellState } from '../model/index.js';
import { html, onValue } from '../shell/index.js';
import type { VNode } from '../vendor/index.js';

export interface ChoiceProperties {
  value: string;
  /** The empty word stands for all. */
  options: readonly string[];
  onChange: (value: string) => void;
}

export function Choice({ value, options, onChange }: ChoiceProperties): VNode {
  const name = (option: string) => (option === '' ? 'all' : (STATE_WORDS[option as CellState]?.name ?? option));
  return html`<select value=${value} onChange=${onValue(onChange)}>
    ${options.map((option) => html`<option key=${option} value=${option} selected=${option === value}>${name(option)}</option>`)}
  </select>`;
}
