/** Asks before something that cannot be undone. */
import { html } from '../shell/index.js';
import { Dialog } from '../shell/index.js';
import type { VNode } from '../vendor/index.js';

export interface ConfirmProperties {
  title: string;
  text: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

export function Confirm({ title, text, action, onConfirm, onClose }: ConfirmProperties): VNode {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <p>${text}</p>
    <div class="actions">
      <button type="button" onClick=${onClose} autofocus>Keep it</button>
      <button type="button" class="danger" onClick=${confirm}>${action}</button>
    </div>
  <//>`;
}
