/** How soon the console shows the list of sessions, and the page of one with timeline and coverage, in a browser with an empty cache. */
import { startBrowser } from '../harness/browser.mjs';
import { makeWideSession } from '../harness/session.mjs';

/** Pages per second when the content is shown within 500 ms. */
const SHOWN_MIN = 1000 / 500;
const SESSION = { symbols: 10, start: '2024-03-04', end: '2024-03-08', days: 5 };
/** The page of the baseline: a few lines of text from the same server. */
const TEXT_PAGE = '/console/NOTICE.txt';

export default {
  id: 'first-page',
  title: [
    'the console in Chromium with an empty cache',
    'value: from the end of the answer with the page until a row of the list of sessions is painted',
    'baseline: a page of text from the same server',
    'also: the page of a session with 10 symbols × 5 days until its coverage is painted',
  ].join('; '),
  unit: 'pages/s',
  rounds: 11,
  targets: { valueMin: SHOWN_MIN, others: { session: { valueMin: SHOWN_MIN } } },
  async prepare(bench) {
    const { coordinator, id, remove } = await makeWideSession(bench, SESSION);
    const browser = await startBrowser();
    const shown = async (path, selector) => ({
      rate: 1000 / (await shownMs(browser, coordinator.url, path, selector)),
    });
    return {
      value: () => shown('/', 'tbody tr a'),
      baseline: () => shown(TEXT_PAGE, 'pre'),
      others: { session: () => shown(`/sessions/${id}`, '.heatmap canvas') },
      close: async () => {
        await browser.close();
        await remove();
      },
    };
  },
};

/** Milliseconds from the end of the answer until an element that fits `selector` is painted, in an open tab with an empty cache. */
async function shownMs(browser, url, path, selector) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
  try {
    await context.addInitScript(probe(selector));
    const page = await context.newPage();
    // The first page of a tab waits for a new process of the browser.
    await page.goto(`${url}/health/live`);
    await page.goto(url + path, { waitUntil: 'commit' });
    await page.locator('html[data-shown-ms]').waitFor();
    return Number(await page.locator('html').getAttribute('data-shown-ms'));
  } finally {
    await context.close();
  }
}

/** A script for the page: waits for the element, then for the task after the frame that paints it. */
function probe(selector) {
  return `(() => {
    const note = () => {
      const { responseEnd } = performance.getEntriesByType('navigation')[0];
      document.documentElement.dataset.shownMs = performance.now() - responseEnd;
    };
    const look = () => {
      if (!document.querySelector(${JSON.stringify(selector)})) return;
      observer.disconnect();
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = note;
        port2.postMessage(null);
      });
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true });
  })()`;
}
