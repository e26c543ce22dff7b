/** The pages of the console and their paths; every path can be shared. Pure. */

const PAGES_ALONE = ['datasets', 'compare', 'upkeep'] as const;

export interface Page {
  name: 'sessions' | 'session' | 'dataset' | (typeof PAGES_ALONE)[number] | 'unknown';
  /** Of a session; of a dataset its name. */
  id?: string;
}

/** The page of a path. */
export function pageOf(pathname: string): Page {
  const [first = '', second, ...rest] = pathname.split('/').slice(1).map(decoded);
  if (rest.length > 0) return { name: 'unknown' };
  if (first === '' && second === undefined) return { name: 'sessions' };
  if (first === 'sessions' && second) return { name: 'session', id: second };
  if (first === 'datasets' && second) return { name: 'dataset', id: second };
  return { name: (!second && PAGES_ALONE.find((name) => name === first)) || 'unknown' };
}

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

export function compareHref(a: string, b = ''): string {
  return withQuery('/compare', { a, b });
}

/** A path with those parameters that have a value. */
export function withQuery(path: string, query: Record<string, string>): string {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return parameters.size > 0 ? `${path}?${String(parameters)}` : path;
}
