/** Start, pause, resume, stop and delete a session: the buttons that its state allows. */
import type { SessionAnswer } from '@barkeep/api';
import { call, sessionPath } from '../data/index.js';
import { useState } from 'preact/hooks';
import { Dialog, html } from '../shell/index.js';

type Act = 'start' | 'pause' | 'resume' | 'stop' | 'delete';
const LABELS: Record<Act, string> = {
  start: 'Start',
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
  delete: 'Delete',
};
/** What each state allows; in the order in which a list can be filtered by them. */
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
  /** After each call; `deleted` is true when the session is gone. */
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
  const button = (act: Act) =>
    html`<button
      type="button"
      class=${act === 'delete' ? 'quiet danger' : 'quiet'}
      disabled=${isBusy}
      aria-label=${`${LABELS[act]} ${id}`}
      onClick=${() => (act === 'delete' ? setAsking(true) : run(act))}
    >
      ${LABELS[act]}
    </button>`;
  return html`<span class="steering">
    ${ACTS[state].map(button)}
    ${isAsking && html`<${ConfirmDelete} id=${id} onConfirm=${() => run('delete')} onClose=${() => setAsking(false)} />`}
  </span>`;
}

/** Asks before something that cannot be undone. */
function ConfirmDelete({ id, onConfirm, onClose }: { id: string; onConfirm: () => void; onClose: () => void }) {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return html`<${Dialog} title=${`Delete ${id}?`} onClose=${onClose}>
    <p>Its bars, gaps, events and consumers are removed. Its datasets stay. This cannot be undone.</p>
    <div class="actions">
      <button type="button" onClick=${onClose} autofocus>Keep it</button>
      <button type="button" class="danger" onClick=${confirm}>Delete</button>
    </div>
  <//>`;
}
