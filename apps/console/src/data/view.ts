/**
 * The two views of a session's data. The console shows the operator's view. A user key may not see it: then the console shows
 * what a strategy may see, and says so.
 */
import { call, CallError } from './http.js';

export type DataView = 'operator' | 'strategy';

let current: DataView = 'operator';
const listeners = new Set<(view: DataView) => void>();

/** The view that this page shows now. */
export function currentView(): DataView {
  return current;
}

/** Calls `listener` when the view changes. @returns a function that ends this */
export function onViewChange(listener: (view: DataView) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** A path with the current view as a parameter. */
export function inView(path: string): string {
  return current === 'strategy' ? path : `${path}${path.includes('?') ? '&' : '?'}view=operator`;
}

/** Calls a route that has two views; after a refusal of the operator's view the page shows the other one. @throws CallError */
export async function callInView<Answer>(path: string): Promise<Answer> {
  const asked = current;
  try {
    return await call<Answer>(inView(path));
  } catch (error) {
    if (!(error instanceof CallError) || error.status !== 403 || asked === 'strategy') throw error;
    current = 'strategy';
    for (const listener of listeners) listener(current);
    return call<Answer>(path);
  }
}
