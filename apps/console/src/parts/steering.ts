/** Start, pause, resume, stop and delete a session: the buttons that its state allows. */
import type { SessionAnswer } from '@barkeep/api';
import { call, sessionPath } from '../data/index.js';
import { capitalised } from '../model/index.js';
import { useState } from 'preact/hooks';
import { button, Dialog, html } from '../shell/index.js';

type Act = 'start' | 'pause' | 'resume' | 'stop' | 'delete';
/** The actions that each state allows. The list's filter shows the states in this order. */
const ACTS: Record<SessionAnswer['state'], readonly Act[]> = {
  created: ['start', 'delete'],
  running: ['pause', 'stop', 'delete'],
  'waiting-upkeep': ['pause', 'stop', 'delete'],
  paused: ['resume', 'stop', 'delete'],
  completed: ['delete'],
  stopped: ['start', 'delete'],
  failed: ['start', 'delete'],
  lost: ['start', 'delete'],
};
export const SHOWN_STATES = Object.keys(ACTS);

export interface SteeringProperties {
  id: string;
  state: SessionAnswer['state'];
  /** Called after each action that succeeded; `deleted` is true after `delete`. */
  onDone: (deleted: boolean) => void;
  onError: (error: Error) => void;
}

/** The buttons of one session. */
export function Steering({ id, state, onDone, onError }: SteeringProperties) {
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const run = (act: Act) => {
    setBusy(true);
    const request =
      act === 'delete'
        ? call(sessionPath(id), { method: 'DELETE' })
        : call(sessionPath(id, `/${act}`), { method: 'POST' });
    request.then(() => onDone(act === 'delete'), onError).finally(() => setBusy(false));
  };
  const actButton = (act: Act) =>
    button(capitalised(act), () => (act === 'delete' ? setAsking(true) : run(act)), {
      class: act === 'delete' ? 'quiet danger' : 'quiet',
      disabled: isBusy,
      'aria-label': `${capitalised(act)} ${id}`,
    });
  return html`<span class="steering">
    ${ACTS[state].map(actButton)}
    ${isAsking && html`<${ConfirmDelete} id=${id} onConfirm=${() => run('delete')} onClose=${() => setAsking(false)} />`}
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
