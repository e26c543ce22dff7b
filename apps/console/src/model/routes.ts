/** The pages of the console and their paths; every path can be shared. Pure. */

export type Page =
  | { name: 'sessions' }
  | { name: 'session'; id: string }
  | { name: 'datasets' }
  | { name: 'dataset'; dataset: string }
  | { name: 'compare' }
  | { name: 'upkeep' }
  | { name: 'unknown' };

/** The page of a path. */
export function pageOf(pathname: string): Page {
  const [first = '', second, ...rest] = pathname.split('/').slice(1).map(decoded);
  if (rest.length > 0) return { name: 'unknown' };
  if (first === '' && second === undefined) return { name: 'sessions' };
  if (first === 'sessions' && second) return { name: 'session', id: second };
  if (first === 'datasets') return second ? { name: 'dataset', dataset: second } : { name: 'datasets' };
  if (second !== undefined && second !== '') return { name: 'unknown' };
  if (first === 'compare') return { name: 'compare' };
  return first === 'upkeep' ? { name: 'upkeep' } : { name: 'unknown' };
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
