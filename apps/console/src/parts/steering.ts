/** Start, pause, resume, stop and delete a session: the buttons that its state allows. */
import type { SessionAnswer } from '@barkeep/api';
import { apiPath, call } from '../data/index.js';
import { capitalised } from '../model/index.js';
import { useState } from 'preact/hooks';
import { button, Dialog, html } from '../shell/index.js';

type Action = 'start' | 'pause' | 'resume' | 'stop' | 'delete';
/** The actions that each state allows. The filter of the session list shows the states in this order. */
const ACTIONS: Record<SessionAnswer['state'], readonly Action[]> = {
  created: ['start', 'delete'],
  running: ['pause', 'stop', 'delete'],
  'waiting-upkeep': ['pause', 'stop', 'delete'],
  paused: ['resume', 'stop', 'delete'],
  completed: ['delete'],
  stopped: ['start', 'delete'],
  failed: ['start', 'delete'],
  lost: ['start', 'delete'],
};
/** All states, in the order of the filter. */
export const SHOWN_STATES = Object.keys(ACTIONS) as SessionAnswer['state'][];

/**
 * How long the buttons do nothing after an action, ms. A new state has other buttons at the same place, which the second click of a
 * double click must not press.
 */
const DOUBLE_CLICK_MS = 500;

interface SteeringProperties {
  id: string;
  state: SessionAnswer['state'];
  /** Called after each action that succeeded; `deleted` is true after `delete`. */
  onDone: (deleted: boolean) => void;
  /** Called with the error of an action that failed, and with undefined when the next one begins. */
  onError: (error: Error | undefined) => void;
}

/** The buttons of one session. */
export function Steering({ id, state, onDone, onError }: SteeringProperties) {
  const [isConfirming, setConfirming] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const run = (action: Action) => {
    if (isBusy) return;
    setBusy(true);
    onError(undefined);
    const request =
      action === 'delete'
        ? call(apiPath`/v1/sessions/${id}`, { method: 'DELETE' })
        : call(apiPath`/v1/sessions/${id}/${action}`, { method: 'POST' });
    request
      .then(() => onDone(action === 'delete'), onError)
      .finally(() => window.setTimeout(() => setBusy(false), DOUBLE_CLICK_MS));
  };
  const actionButton = (action: Action) =>
    button(capitalised(action), () => (action === 'delete' ? setConfirming(!isBusy) : run(action)), {
      class: action === 'delete' ? 'quiet danger' : 'quiet',
      'aria-disabled': isBusy, // `disabled` would take the focus from the button
      'aria-label': `${capitalised(action)} ${id}`,
    });
  return html`<span class="steering">
    ${ACTIONS[state].map(actionButton)}
    ${isConfirming && html`<${ConfirmDelete} id=${id} onConfirm=${() => run('delete')} onClose=${() => setConfirming(false)} />`}
  </span>`;
}

/** Asks for confirmation, because a deletion cannot be undone. */
function ConfirmDelete({ id, onConfirm, onClose }: { id: string; onConfirm: () => void; onClose: () => void }) {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return html`<${Dialog} title=${`Delete ${id}?`} onClose=${onClose}>
    <p>Its bars, gaps, events and consumers are removed. Its datasets stay. This cannot be undone.</p>
    <div class="actions">
      ${button('Keep it', onClose, { autofocus: true })} ${button('Delete', confirm, { class: 'danger' })}
    </div>
  <//>`;
}
