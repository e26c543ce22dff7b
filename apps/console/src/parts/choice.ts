/** A choice of one of a few words. */
import { html, onValue } from '../shell/index.js';
import type { VNode } from 'preact';

export interface ChoiceProperties {
  value: string;
  /** The empty word stands for all. */
  options: readonly string[];
  /** The text of an option that is not empty; the option itself when left out. */
  nameOf?: (option: string) => string;
  onChange: (value: string) => void;
}

export function Choice({ value, options, nameOf = (option) => option, onChange }: ChoiceProperties): VNode {
  const name = (option: string) => (option === '' ? 'all' : nameOf(option));
  return html`<select value=${value} onChange=${onValue(onChange)}>
    ${options.map((option) => html`<option key=${option} value=${option} selected=${option === value}>${name(option)}</option>`)}
  </select>`;
}
