/** The console: shows the page that the address names, with the header and footer that all pages share. */
import { call, shownView } from './data/index.js';
import { capitalised, pageOf, type Page } from './model/index.js';
import { ComparePage, DatasetPage, DatasetsPage, OneSessionPage, SessionsPage, UpkeepPage } from './pages/index.js';
import { html, takeOverLinks, useLocation, useResource, useTicks } from './shell/index.js';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Time between two reads of the servers' health, ms. */
const HEALTH_EVERY_MS = 10_000;
/** The links in the header. A link is marked as current on its `pages`. */
const LINKS: readonly [href: string, label: string, pages: readonly Page['name'][]][] = [
  ['/', 'Sessions', ['sessions', 'session']],
  ['/datasets', 'Datasets', ['datasets', 'dataset']],
  ['/compare', 'Compare', ['compare']],
  ['/upkeep', 'Queues', ['upkeep']],
];
const CONTENTS = {
  sessions: SessionsPage,
  session: OneSessionPage,
  datasets: DatasetsPage,
  dataset: DatasetPage,
  compare: ComparePage,
  upkeep: UpkeepPage,
};

function App() {
  const { pathname, visit } = useLocation();
  const page = pageOf(pathname);
  const [view, setView] = useState(shownView.current);
  shownView.onChange = setView; // an answer of the API may change the view; so this is set before a page calls it
  useEffect(() => {
    document.title = `${titleOf(page)} · Barkeep`;
  }, [pathname]);
  return html`<a class="skip" href="#content">Skip to the content</a>
    <header>
      <a class="brand" href="/">Barkeep</a>
      <nav aria-label="Pages">
        ${LINKS.map(
          ([href, label, pages]) =>
            html`<a key=${href} href=${href} aria-current=${pages.includes(page.name) ? 'page' : undefined}
              >${label}</a
            >`,
        )}
        <a href="/docs" target="_blank">API</a>
      </nav>
      <span class="grow"></span><${Health} />
    </header>
    <main id="content" tabindex="-1">
      ${
        view === 'strategy' &&
        html`<p class="warning">
          This key is a user's: the console shows what a strategy may see, up to the clock. A key of BARKEEP_ADMIN_KEYS
          shows everything.
        </p>`
      }
      ${contentOf(page, visit)}
    </main>
    <footer>
      Charts:${' '}<a href="https://www.tradingview.com/" target="_blank" rel="noreferrer"
        >TradingView Lightweight Charts™</a
      >, Copyright © 2025 TradingView, Inc. <a href="/console/NOTICE.txt" target="_blank">Notices</a>
    </footer>`;
}

/** The content of a page. The key makes it anew at each visit. */
function contentOf({ name, id }: Page, visit: number) {
  if (name === 'unknown')
    return html`<h1>There is no such page</h1>
      <a href="/">All sessions</a>`;
  return html`<${CONTENTS[name]} key=${visit} id=${id} />`;
}

/** The title of the browser's tab, without the name of the program. */
function titleOf({ name, id }: Page): string {
  if (id !== undefined) return id;
  return capitalised(name === 'upkeep' ? 'queues' : name);
}

/** Whether the servers behind the coordinator answer. */
function Health() {
  const { value, error, reload } = useResource('health', () =>
    call<{ checks: Record<string, string> }>('/health/ready'),
  );
  useTicks(reload, HEALTH_EVERY_MS);
  if (error) return html`<span class="health down" role="status">${error.message}</span>`;
  const checks = Object.entries(value?.checks ?? {});
  return html`<span class="health" role="status"
    >${checks.map(([name, state]) => `${name} ${state}`).join(' · ')}</span
  >`;
}

takeOverLinks();
const root = document.getElementById('app')!;
root.textContent = '';
render(html`<${App} />`, root);
