/** Templates, and the small elements that many pages use: button, dialog, choice, error message, empty panel, state badge. */
import type { SessionAnswer } from '@barkeep/api';
import { CallError } from '../data/index.js';
import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A tag of template literals: makes preact nodes from HTML text at run time, so no JSX compiler is needed. */
export { html };

/** An event listener that passes the value of an input to `use`. */
export function onValue(use: (value: string) => void): (event: Event) => void {
  return (event) => use((event.target as HTMLInputElement).value);
}

/** A button that does not submit a form. @param attributes further attributes, such as `class` */
export function button(text: string, onClick: () => void, attributes: Record<string, unknown> = {}) {
  return html`<button type="button" onClick=${onClick} ...${attributes}>${text}</button>`;
}

interface DialogProperties {
  title: string;
  onClose: () => void;
  children?: ComponentChildren;
}

/** A modal dialog of the browser, open as long as it is rendered. The browser keeps the focus inside it; Escape closes it. */
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

interface ChoiceProperties {
  value: string;
  /** The empty option is shown as `all`. */
  options: readonly string[];
  /** The text for an option that is not empty. @default the option itself */
  nameOf?: (option: string) => string;
  onChange: (value: string) => void;
}

/** Lets the user choose one of a few options. */
export function Choice({ value, options, nameOf = (option) => option, onChange }: ChoiceProperties) {
  const name = (option: string) => (option === '' ? 'all' : nameOf(option));
  return html`<select value=${value} onChange=${onValue(onChange)}>
    ${options.map((option) => html`<option key=${option} value=${option} selected=${option === value}>${name(option)}</option>`)}
  </select>`;
}

interface FailureProperties {
  error: Error | undefined;
  /** Makes the failed call again. */
  retry?: () => void;
  /** Hides the error; for a call that the user can make again elsewhere. */
  dismiss?: () => void;
}

/** Shows an error with buttons that try again or hide it. For a missing right it says which key is needed. Null without an error. */
export function Failure({ error, retry, dismiss }: FailureProperties) {
  if (!error) return null;
  const kind = error instanceof CallError ? error.kind : undefined;
  if (kind === 'forbidden')
    return html`<p class="warning" role="status">
      This needs the admin key: open the console with a key of BARKEEP_ADMIN_KEYS.
    </p>`;
  const text =
    kind === 'unauthorized'
      ? 'The coordinator does not accept the key of this page. Load the page again, and give a key as the password.'
      : error.message;
  return html`<p class="failure" role="alert">
    ${text} ${linkOf(kind)} ${retry && button('Try again', retry)} ${dismiss && button('Dismiss', dismiss)}
  </p>`;
}

/** A link to the list, when the kind of a problem says that the session or dataset does not exist. */
function linkOf(kind: CallError['kind']) {
  if (kind === 'unknown-session') return html`<a href="/">All sessions</a>`;
  return kind === 'unknown-dataset' ? html`<a href="/datasets">All datasets</a>` : '';
}

/** A panel without content, with a text that says why. */
export function EmptyPanel({ title, text }: { title: string; text?: string }) {
  return html`<section class="panel">
    <h2>${title}</h2>
    ${text && html`<p class="empty">${text}</p>`}
  </section>`;
}

/** The name of a session's state as the pages show it. */
export function stateName(state: SessionAnswer['state']): string {
  return state === 'waiting-upkeep' ? 'waiting for upkeep' : state;
}

/** The state of a session as a badge. Each state has its own sign (by CSS), not only its own colour. */
export function StateBadge({ state }: { state: SessionAnswer['state'] }) {
  return html`<span class=${`badge state-${state}`}>${stateName(state)}</span>`;
}
