/** The address of the page as state. Links inside the console change the page without a reload. */
import { pageOf } from '../model/index.js';
import { useEffect, useState } from 'preact/hooks';

/** The event that {@link goTo} dispatches; the browser has no event for `pushState`. */
const CHANGED = 'barkeep:location';

/** How often the user has gone to a page, also by the browser's buttons. A page is made anew at each visit, so it reads its data again. */
let visits = 0;
window.addEventListener('popstate', () => visits++);

/** Goes to a page of the console. @param options `replace` stays on the page and adds no history entry, for filters and selections */
export function goTo(href: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', href);
  else {
    history.pushState(null, '', href);
    visits++;
    window.scrollTo(0, 0);
    focusContent();
  }
  window.dispatchEvent(new Event(CHANGED));
}

/** The element that had the focus may disappear with its page, so the next Tab and a screen reader continue with the content. */
function focusContent(): void {
  document.getElementById('content')?.focus({ preventScroll: true });
}

/** The current address, and the number of the visit. The component renders again when the address changes. */
export function useLocation(): { pathname: string; query: URLSearchParams; visit: number } {
  const [, render] = useState({});
  useEffect(() => {
    const update = () => render({});
    const unmounted = new AbortController();
    for (const event of [CHANGED, 'popstate']) window.addEventListener(event, update, { signal: unmounted.signal });
    return () => unmounted.abort();
  }, []);
  return { pathname: location.pathname, query: new URLSearchParams(location.search), visit: visits };
}

/** The value of one query parameter (empty when absent), and a function that changes it. An empty value removes the parameter. */
export function useQuery(name: string): [string, (value: string) => void] {
  const { pathname, query } = useLocation();
  const change = (value: string) => {
    const next = new URLSearchParams(location.search);
    if (value === '') next.delete(name);
    else next.set(name, value);
    goTo(next.size > 0 ? `${pathname}?${String(next)}` : pathname, { replace: true });
  };
  return [query.get(name) ?? '', change];
}

/** Makes clicks on links to pages of the console change the page without a reload. The browser handles clicks with a modifier key. */
export function takeOverLinks(): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || link.target !== '' || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || pageOf(link.pathname).name === 'unknown') return;
    event.preventDefault();
    if (link.hash === '') goTo(link.pathname + link.search);
    else focusContent(); // the link to the content of this page
  });
}
