/**
 * Calls of the coordinator's API. All paths are on this origin, so the browser sends the user's password itself, and no key
 * stands in a URL or in the storage of the browser.
 */

import type { Problem } from '@barkeep/api';

/** What went wrong with a call, as the API describes it (RFC 9457). */
export class CallError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly type: string,
    /** Each wrong field of the request. */
    readonly problems: NonNullable<Problem['problems']>,
  ) {
    super(message);
  }
}

const NETWORK_DOWN = 'The coordinator does not answer. Is it running?';

/** Calls one route. @returns the JSON of the answer @throws CallError */
export async function call<Answer>(path: string, options: { method?: string; body?: unknown } = {}): Promise<Answer> {
  const { method = 'GET', body } = options;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const request = { method, headers, body: body === undefined ? null : JSON.stringify(body) };
  const response = await fetch(path, request).catch(() => {
    throw new CallError(0, NETWORK_DOWN, 'network', []);
  });
  if (!response.ok) throw await errorOf(response);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

async function errorOf(response: Response): Promise<CallError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const text = [problem.title, problem.detail].filter(Boolean).join(': ') || `the answer was ${response.status}`;
  return new CallError(response.status, text, problem.type ?? '', problem.problems ?? []);
}

/** The path of a session's route. */
export function sessionPath(id: string, rest = ''): string {
  return `/v1/sessions/${encodeURIComponent(id)}${rest}`;
}

/** The path of a dataset's route. */
export function datasetPath(name: string): string {
  return `/v1/datasets/${encodeURIComponent(name)}`;
}

/** The path of a route of a session's symbol. */
export function symbolPath(id: string, symbol: string, rest: string): string {
  return sessionPath(id, `/symbols/${encodeURIComponent(symbol)}${rest}`);
}

/**
 * The pages of a list, one after another.
 * @param path a path with a query @param nextOf the value of `after` for the page after this one; null after the last
 */
export async function* pagesOf<Page>(
  path: string,
  read: (path: string) => Promise<Page>,
  nextOf: (page: Page) => string | null,
): AsyncGenerator<Page> {
  for (let next: string | null = ''; next !== null;) {
    const page: Page = await read(next === '' ? path : `${path}&after=${encodeURIComponent(next)}`);
    yield page;
    next = nextOf(page);
  }
}

/**
 * The two views of a session's data. The console shows the operator's view. A user key may not see it: then the console shows
 * what a strategy may see, and says so.
 */
export type DataView = 'operator' | 'strategy';

let current: DataView = 'operator';
let onChange: (view: DataView) => void = () => undefined;

/** The view that this page shows now. */
export function currentView(): DataView {
  return current;
}

/** Sets the one listener, which is called when the view changes. */
export function onViewChange(listener: (view: DataView) => void): void {
  onChange = listener;
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
    onChange(current);
    return call<Answer>(path);
  }
}
