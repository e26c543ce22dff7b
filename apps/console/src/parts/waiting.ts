/** What a session waits for, in one line. */
import type { SessionAnswer } from '@barkeep/api';
import { durationText } from '../model/index.js';
import { html } from '../shell/index.js';
import type { VNode } from '../vendor/index.js';

/** Nothing when it does not wait. */
export function Waiting({ waitingFor }: { waitingFor: SessionAnswer['waitingFor'] }): VNode | null {
  if (waitingFor === null) return null;
  const { detail, since, nextTryAt } = waitingFor;
  const parts = [detail];
  if (since !== null) parts.push(`for ${durationText(Date.now() - Date.parse(since))}`);
  if (nextTryAt !== null) parts.push(`next try in ${durationText(Date.parse(nextTryAt) - Date.now())}`);
  return html`<span class="badge waiting">${parts.join(', ')}</span>`;
}
