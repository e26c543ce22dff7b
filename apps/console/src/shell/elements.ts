/** Templates, and the small parts that many pages use: a dialog, a choice, an error with a way out, an empty list, a state as a badge. */
import type { SessionAnswer } from '@barkeep/api';
import { CallError } from '../data/index.js';
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** Makes preact's nodes of a template, without a compiler. */
export { html };

/** A listener that takes the value of an input. */
export function onValue(take: (value: string) => void): (event: Event) => void {
  return (event) => take((event.target as HTMLInputElement).value);
}

export interface DialogProperties {
  title: string;
  onClose: () => void;
  children?: ComponentChildren;
}

/** A dialog of the browser, open for as long as it is rendered: it holds the focus, and Escape closes it. */
export function Dialog({ title, onClose, children }: DialogProperties) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const onCancel = (event: Event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${element} aria-labelledby="dialog-title" onCancel=${onCancel}>
    <h2 id="dialog-title">${title}</h2>
    ${children}
  </dialog>`;
}

export interface ChoiceProperties {
  value: string;
  /** The empty word stands for all. */
  options: readonly string[];
  /** The text of an option that is not empty; the option itself when left out. */
  nameOf?: (option: string) => string;
  onChange: (value: string) => void;
}

/** A choice of one of a few words. */
export function Choice({ value, options, nameOf = (option) => option, onChange }: ChoiceProperties) {
  const name = (option: string) => (option === '' ? 'all' : nameOf(option));
  return html`<select value=${value} onChange=${onValue(onChange)}>
    ${options.map((option) => html`<option key=${option} value=${option} selected=${option === value}>${name(option)}</option>`)}
  </select>`;
}

/** An error in words, and a button that tries again; in plain words when it is only that the key may not see this. Nothing without an error. */
export function Failure({ error, retry }: { error: Error | undefined; retry?: () => void }) {
  if (!error) return null;
  if (error instanceof CallError && error.type === 'urn:barkeep:problem:forbidden')
    return html`<p class="warning" role="status">
      This needs the admin key: open the console with a key of BARKEEP_ADMIN_KEYS.
    </p>`;
  return html`<p class="failure" role="alert">
    ${error.message} ${linkOf(error)} ${retry && html`<button type="button" onClick=${retry}>Try again</button>`}
  </p>`;
}

/** Where to go when the address names what does not exist. */
function linkOf(error: Error) {
  const type = error instanceof CallError ? error.type : '';
  if (type === 'urn:barkeep:problem:unknown-session') return html`<a href="/">All sessions</a>`;
  return type === 'urn:barkeep:problem:unknown-dataset' ? html`<a href="/datasets">All datasets</a>` : '';
}

/** A panel without content, and why. */
export function EmptyPanel({ title, text }: { title: string; text?: string }) {
  return html`<section class="panel">
    <h2>${title}</h2>
    ${text && html`<p class="empty">${text}</p>`}
  </section>`;
}

const STATE_NAMES: Partial<Record<SessionAnswer['state'], string>> = { 'waiting-upkeep': 'waiting for upkeep' };

/** The state of a session; its sign differs as well as its colour. */
export function StateBadge({ state }: { state: SessionAnswer['state'] }) {
  return html`<span class=${`badge state-${state}`}>${STATE_NAMES[state] ?? state}</span>`;
}
