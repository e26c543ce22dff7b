/** Questions and forms above the page, with the browser's own dialog: it holds the focus, and Escape closes it. */
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { html } from './html.js';

export interface DialogProperties {
  title: string;
  onClose: () => void;
  children?: ComponentChildren;
}

/** A dialog that is open for as long as it is rendered. */
export function Dialog({ title, onClose, children }: DialogProperties): VNode {
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
