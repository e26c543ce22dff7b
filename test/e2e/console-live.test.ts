/** The console of a system that changes, that requires keys, or that has thousands of symbols. */
import type { Browser } from 'playwright-core';
import { Api } from '../support/system/api.js';
import { describeWithBrowser, startBrowser } from '../support/browser/browser.js';
import { ConsolePage } from '../support/browser/console-page.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const USER_KEY = 'user-key-0123456789';
const ADMIN_KEY = 'admin-key-0123456789';
const DATES = { start: '2013-10-01', end: '2013-10-04' };
const SPEC = { ...DATES, symbols: ['AAA', 'BBB'], source: { type: 'dataset', dataset: 'stream' } };

/**
 * A script that keeps a page from drawing for its first two seconds, so that answers come before the first drawing. It blocks animation
 * frames, and delays the short timers that the page then draws by.
 */
const DRAW_LATE = `requestAnimationFrame = () => 0;
  const { setTimeout: originalSetTimeout } = window;
  window.setTimeout = (act, ms, ...rest) => originalSetTimeout(act, ms < 200 ? 2000 : ms, ...rest);`;
/** A script: everything in which a page could keep a key, as text. */
const STORED_BY_PAGE = 'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, location.href])';

jest.setTimeout(240_000); // each test starts a coordinator

describeWithBrowser('the console, live', () => {
  let system: TestSystem;
  let browser: Browser;

  beforeAll(async () => {
    system = await TestSystem.create();
    await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SPEC.symbols, seed: 5 }));
    await system.worker();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.close();
  });

  it('shows the moving clock, reconnects to a restarted coordinator, and pauses a session', async () => {
    const first = await system.coordinator();
    const { url } = first;
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'paced', pace: { mode: 'clock', speed: 240 } });
    const opened = await ConsolePage.open(browser, url, '/sessions/paced');
    const { page } = opened;
    const clock = page.locator('.times .clock dd');
    const clockMoves = async () => {
      const before = await clock.textContent();
      await clock.filter({ hasNotText: before! }).waitFor();
    };
    await clock.waitFor();
    await clockMoves();
    await clockMoves();

    const lostConnection = page.getByText(/The live connection was lost/);
    await first.signal('SIGKILL');
    await lostConnection.waitFor();
    await system.coordinator({ BARKEEP_PORT: new URL(url).port });
    await lostConnection.waitFor({ state: 'detached', timeout: 30_000 });
    await clockMoves();

    await page.getByRole('button', { name: 'Pause paced' }).click();
    await page.locator('.state-paused').waitFor();
    expect((await api.session('paced')).state).toBe('paused');
    await api.ok('DELETE', '/v1/sessions/paced');
    await page.getByText('paced was deleted.').waitFor();
    expect(opened.faults).toEqual([]);
    await opened.close();
  });

  it('shows a change that happened between the first answers and the live connection', async () => {
    const { url } = await system.coordinator();
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'stopped', pace: { mode: 'clock', speed: 240 } });
    // Another page first, so that the route is set when the session's page connects.
    const opened = await ConsolePage.open(browser, url, '/compare');
    const { page } = opened;
    await page.route(/\/events\b/, async (route) => {
      await page.locator('.state-running').waitFor(); // the first answers still say so
      await api.ok('POST', '/v1/sessions/stopped/stop');
      await route.continue();
    });
    await opened.goto('/sessions/stopped');
    await page.locator('.state-stopped').waitFor();
    expect(opened.faults).toEqual([]);
    await opened.close();
  });

  it('accepts a key as the browser’s password, tells a user from an operator, and keeps the key nowhere', async () => {
    const { url } = await system.coordinator({ BARKEEP_API_KEYS: USER_KEY, BARKEEP_ADMIN_KEYS: ADMIN_KEY });
    const api = new Api(url, { 'x-api-key': ADMIN_KEY });
    await api.run({ ...SPEC, id: 'kept', upkeep: { enabled: false } });
    await api.completed('kept');
    expect((await fetch(`${url}/sessions/kept`)).headers.get('www-authenticate')).toMatch(/^Basic/);

    const userBanner = /This key is a user's/;
    const coverage = 'Coverage, 2 symbols × 4 trading days';
    const admin = await ConsolePage.open(browser, url, '/sessions/kept', { password: ADMIN_KEY });
    await admin.page.getByText(coverage).waitFor();
    expect(await admin.page.getByText(userBanner).count()).toBe(0);

    const user = await ConsolePage.open(browser, url, '/sessions/kept', { password: USER_KEY });
    await user.page.getByText(userBanner).waitFor();
    await user.page.getByText(coverage).waitFor();
    expect(await user.page.getByRole('alert').allTextContents()).toEqual([]);
    // The banner is also shown when the answer arrives before the page draws its first frame.
    await user.page.addInitScript(DRAW_LATE);
    await user.goto('/sessions/kept');
    await user.page.getByText(userBanner).waitFor();
    await user.page.getByText(coverage).waitFor();
    // A user may delete a session, too.
    await user.page.getByRole('button', { name: 'Delete kept' }).click();
    await user.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await user.page.waitForURL(`${url}/`);

    for (const opened of [admin, user]) {
      expect(await opened.page.evaluate<string>(STORED_BY_PAGE)).not.toMatch(/-key-/);
      expect(opened.faults).toEqual([]);
      await opened.close();
    }
  });

  it('shows 2,000 symbols, and draws only the visible ones', async () => {
    const { url } = await system.coordinator();
    const symbols = Array.from({ length: 2000 }, (_, i) => `S${String(i).padStart(4, '0')}`);
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'wide', symbols, derivedIntervals: [], upkeep: { enabled: false } });
    await api.completed('wide');
    const opened = await ConsolePage.open(browser, url, '/sessions/wide?order=name');
    const { page } = opened;
    await page.getByText('Coverage, 2,000 symbols').waitFor({ timeout: 60_000 });
    await page.getByRole('application').focus();
    // More than enough for the last symbol.
    for (let press = 0; press < 100; press++) await page.keyboard.press('PageDown');
    await page.getByText(/^S1999 on 2013-10-01/).waitFor();
    // A canvas of all symbols would have at least one pixel for each.
    const canvasHeight = await page.evaluate<number>("document.querySelector('.heatmap canvas').height");
    expect(canvasHeight).toBeLessThan(symbols.length);
    expect(opened.faults).toEqual([]);
    await opened.close();
  });
});
