/** The pages of the console and their paths. Pure. */

/** Pages at a path of one part. The list of sessions is at `/`. */
const PAGES_WITHOUT_ID = ['datasets', 'compare', 'upkeep'] as const;

export interface Page {
  name: 'sessions' | 'session' | 'dataset' | (typeof PAGES_WITHOUT_ID)[number] | 'unknown';
  /** The id of the session, or the name of the dataset; undefined for other pages. */
  id?: string;
}

/** The page that a path names. A path may end in a slash. */
export function pageOf(pathname: string): Page {
  const [first = '', second, ...rest] = pathname.split('/').slice(1).map(decoded);
  if (rest.length > 0) return { name: 'unknown' };
  if (first === '' && second === undefined) return { name: 'sessions' };
  if (first === 'sessions' && second) return { name: 'session', id: second };
  if (first === 'datasets' && second) return { name: 'dataset', id: second };
  const page = second ? undefined : PAGES_WITHOUT_ID.find((name) => name === first);
  return { name: page ?? 'unknown' };
}

/** A part of a path without its escapes; unchanged if an escape is malformed. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function sessionHref(id: string, query: Record<string, string> = {}): string {
  return withQuery(`/sessions/${encodeURIComponent(id)}`, query);
}

export function datasetHref(name: string): string {
  return `/datasets/${encodeURIComponent(name)}`;
}

/** @param b the other session; empty when the user has not chosen it yet */
export function compareHref(a: string, b = ''): string {
  return withQuery('/compare', { a, b });
}

/** The path with the query parameters that are not empty. */
export function withQuery(path: string, query: Record<string, string>): string {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return parameters.size > 0 ? `${path}?${String(parameters)}` : path;
}
