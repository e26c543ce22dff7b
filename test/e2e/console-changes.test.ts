/** The page of a session while the session changes, also in ways of which no event tells. */
import type { Browser, Page } from 'playwright-core';
import { Api } from '../support/system/api.js';
import { describeWithBrowser, startBrowser } from '../support/browser/browser.js';
import { ConsolePage } from '../support/browser/console-page.js';
import { shownOn } from '../support/browser/console-system.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2013-10-01', end: '2013-10-04' };
const SYMBOLS = ['AAA', 'BBB'];
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'dataset', dataset: 'stream' }, upkeep: { enabled: false } };
const USER_KEY = 'user-key-0123456789';
const ADMIN_KEY = 'admin-key-0123456789';
/** As many connections as a browser opens to one server, and one more. */
const TABS = 7;
/** A script that makes a page hidden or visible: without a window Chromium takes every page for visible. */
const HIDEABLE = `Object.defineProperty(document, 'visibilityState', { get: () => (window.isHidden ? 'hidden' : 'visible') });
  window.setHidden = (isHidden) => {
    window.isHidden = isHidden;
    document.dispatchEvent(new Event('visibilitychange'));
  };`;

/** A script: presses Start, then Stop at once when it comes to the same place. It tells whether Stop was disabled. */
const PRESS_TWICE = `new Promise((resolve) => {
  const button = (name) => document.querySelector('[aria-label="' + name + ' twice"]');
  button('Start').click();
  new MutationObserver((_, observer) => {
    const stop = button('Stop');
    if (!stop) return;
    observer.disconnect();
    stop.click();
    resolve(stop.disabled);
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
})`;

jest.setTimeout(120_000);

describeWithBrowser('the page of a session that changes', () => {
  let system: TestSystem;
  let browser: Browser;
  let api: Api;

  beforeAll(async () => {
    system = await TestSystem.create();
    await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 }));
    api = new Api((await system.coordinator()).url);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.close();
  });

  /** Opens the page of a session, acts on it, and checks that it has no faults. */
  async function withSession(id: string, act: (page: Page) => Promise<void>, url = api.url, password?: string) {
    const opened = await ConsolePage.open(browser, url, `/sessions/${id}`, password === undefined ? {} : { password });
    await act(opened.page);
    expect(opened.faults).toEqual([]);
    await opened.close();
  }

  it('shows more sessions in tabs than a browser opens connections, and what happened while a tab was hidden', async () => {
    await api.run({ ...SPEC, id: 'tabs', pace: { mode: 'clock', speed: 60 } });
    const context = await browser.newContext();
    await context.addInitScript(HIDEABLE);
    const pages: Page[] = [];
    for (let tab = 0; tab < TABS; tab++) {
      await pages.at(-1)?.evaluate('setHidden(true)');
      const page = await context.newPage();
      pages.push(page);
      await page.goto(`${api.url}/sessions/tabs`);
      await shownOn(page, 'Coverage, 2 symbols × 4 trading days');
    }
    await api.ok('POST', '/v1/sessions/tabs/stop');
    await pages[0]!.evaluate('setHidden(false)');
    await pages[0]!.locator('.state-stopped').waitFor();
    await context.close();
  });

  it('shows that a session begins to wait for its consumers', async () => {
    await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'waits', pace: { mode: 'lockstep' } });
    await withSession('waits', async (page) => {
      await page.getByRole('button', { name: 'Start waits' }).click();
      await shownOn(page, /waiting for consumers: 0 of 1 have joined, for/);
    });
  });

  it('shows what a session waits for also with the key of a user', async () => {
    const keyed = await system.coordinator({ BARKEEP_API_KEYS: USER_KEY, BARKEEP_ADMIN_KEYS: ADMIN_KEY });
    await api.run({ ...SPEC, id: 'seen', pace: { mode: 'lockstep' } });
    await withSession('seen', (page) => shownOn(page, /^waiting for consumers, for/), keyed.url, USER_KEY);
    await keyed.signal('SIGTERM');
  });

  it('does not stop a session that a double click starts', async () => {
    await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'twice', pace: { mode: 'clock', speed: 60 } });
    await withSession('twice', async (page) => {
      await page.getByRole('button', { name: 'Start twice' }).waitFor();
      expect(await page.evaluate<boolean>(PRESS_TWICE)).toBe(true);
      await page.getByRole('button', { name: 'Stop twice', disabled: false }).click();
      await page.locator('.state-stopped').waitFor();
    });
  });

  it('shows neither a removed symbol nor a removed day', async () => {
    await api.run({ ...SPEC, id: 'less' });
    await api.completed('less');
    await withSession('less', async (page) => {
      await shownOn(page, 'Coverage, 2 symbols × 4 trading days');
      await api.ok('DELETE', '/v1/sessions/less/symbols/BBB');
      await shownOn(page, 'Coverage, 1 symbol × 4 trading days');
    });
    await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'newest', history: { retainDays: 1 } });
    await withSession('newest', async (page) => {
      await page.getByRole('button', { name: 'Start newest' }).click();
      await page.locator('.state-completed').waitFor();
      await shownOn(page, 'Coverage, 2 symbols × 1 trading day');
    });
  });

  it('says that a session was deleted while the page had no connection', async () => {
    await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'deleted' });
    await withSession('deleted', async (page) => {
      await page.locator('.state-created').waitFor();
      await page.route(/\/events\b/, (route) => route.abort('connectionrefused'));
      await page.reload();
      await page.getByText(/The live connection was lost/).waitFor();
      await api.ok('DELETE', '/v1/sessions/deleted');
      await page
        .getByRole('alert')
        .getByText(/Session not found/)
        .waitFor();
    });
  });
});
