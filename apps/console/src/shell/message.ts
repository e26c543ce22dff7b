/** Short parts that many pages use: an error with a way out, an empty list, a state as a badge. */
import type { SessionAnswer } from '@barkeep/api';
import { CallError } from '../data/index.js';
import type { VNode } from 'preact';
import { html } from './html.js';

/** An error in words, and a button that tries again; in plain words when it is only that the key may not see this. Nothing without an error. */
export function Failure({ error, retry }: { error: Error | undefined; retry?: () => void }): VNode | null {
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
function linkOf(error: Error): VNode | string {
  const type = error instanceof CallError ? error.type : '';
  if (type === 'urn:barkeep:problem:unknown-session') return html`<a href="/">All sessions</a>`;
  return type === 'urn:barkeep:problem:unknown-dataset' ? html`<a href="/datasets">All datasets</a>` : '';
}

/** A panel without content, and why. */
export function EmptyPanel({ title, text }: { title: string; text?: string }): VNode {
  return html`<section class="panel">
    <h2>${title}</h2>
    ${text && html`<p class="empty">${text}</p>`}
  </section>`;
}

const STATE_NAMES: Partial<Record<SessionAnswer['state'], string>> = { 'waiting-upkeep': 'waiting for upkeep' };

/** The state of a session; its sign differs as well as its colour. */
export function StateBadge({ state }: { state: SessionAnswer['state'] }): VNode {
  return html`<span class=${`badge state-${state}`}>${STATE_NAMES[state] ?? state}</span>`;
}
