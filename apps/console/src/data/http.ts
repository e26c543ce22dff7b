/**
 * Calls the coordinator's API. All requests go to the page's own origin, so the browser adds the credentials itself (HTTP basic;
 * the password is an API key), and no key appears in a URL or in the browser's storage.
 */
import type { Problem, ProblemKind } from '@barkeep/api';

/**
 * A coordinator begins every answer within 30 s, apart from those to a comparison and for a certificate. When none has come after this
 * time, ms, the connection is lost, which a browser may notice only after many minutes.
 */
const ANSWER_WITHIN_MS = 60_000;

/** What went wrong with a call, as the API describes it (RFC 9457). */
export class CallError extends Error {
  constructor(
    message: string,
    /** The last part of the problem's `type`; `network` when no answer came. */
    readonly kind: ProblemKind | 'network' | undefined,
    /** The fields of the request that are wrong. */
    readonly problems: NonNullable<Problem['problems']> = [],
  ) {
    super(message);
  }
}

interface CallOptions {
  method?: string;
  body?: unknown;
  /** True for a call whose answer may take any time. */
  isLong?: boolean;
}

/** Calls one route. @returns the JSON of the answer; undefined when it has no content (204) @throws CallError */
export async function call<Answer>(path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', body, isLong = false } = options;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const unanswered = new AbortController();
  const timer = isLong ? undefined : window.setTimeout(() => unanswered.abort(), ANSWER_WITHIN_MS);
  const { signal } = unanswered;
  const request = { method, headers, body: body === undefined ? null : JSON.stringify(body), signal };
  const response = await fetch(path, request)
    .catch(() => {
      throw new CallError('The coordinator does not answer. Is it running?', 'network');
    })
    .finally(() => window.clearTimeout(timer));
  if (!response.ok) throw await errorOf(response);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

async function errorOf(response: Response): Promise<CallError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const stated = [problem.title, problem.detail].filter(Boolean).join(': ');
  const text = stated || `the coordinator answered with status ${response.status}`;
  const kind = problem.type?.replace('urn:barkeep:problem:', '') as ProblemKind | undefined;
  return new CallError(text, kind, problem.problems);
}

/** A path of the API. Encodes the names that are inserted. */
export function apiPath(parts: TemplateStringsArray, ...names: string[]): string {
  return String.raw(parts, ...names.map((name) => encodeURIComponent(name)));
}

/**
 * Reads the pages of a list, one after another; at least one.
 * @param path must already contain a query string, because `&after=` is appended
 * @param nextOf returns the `after` value of the next page; null when this page is the last
 */
export async function* pagesOf<Page>(
  path: string,
  read: (path: string) => Promise<Page>,
  nextOf: (page: Page) => string | null,
): AsyncGenerator<Page> {
  let page = await read(path);
  yield page;
  for (let next = nextOf(page); next !== null; next = nextOf(page)) {
    page = await read(`${path}&after=${encodeURIComponent(next)}`);
    yield page;
  }
}

/**
 * The two views of a session's data. The console shows the operator's view. A user key is not allowed to see it; the console then
 * shows what a strategy sees, and says so.
 */
type DataView = 'operator' | 'strategy';

/** The view that this page shows now. `onChange` is called when it changes; the page sets it once, at its start. */
export const shownView: { current: DataView; onChange: (view: DataView) => void } = {
  current: 'operator',
  onChange: () => undefined,
};

/** A path with the parameter for the current view. The strategy's view is the API's default and needs no parameter. */
export function inView(path: string): string {
  return shownView.current === 'strategy' ? path : `${path}${path.includes('?') ? '&' : '?'}view=operator`;
}

/** Calls a route that has two views. If the operator's view is refused, the page shows the strategy's view from then on. @throws CallError */
export async function callInView<Answer>(path: string, options: Pick<CallOptions, 'isLong'> = {}): Promise<Answer> {
  const requested = shownView.current; // another call may change it meanwhile
  try {
    return await call<Answer>(inView(path), options);
  } catch (error) {
    if (!(error instanceof CallError) || error.kind !== 'forbidden' || requested === 'strategy') throw error;
    shownView.current = 'strategy';
    shownView.onChange('strategy');
    return call<Answer>(path, options);
  }
}
