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

/** Makes a page draw nothing by frames or short timers for two seconds, so that answers arrive before. */
const WITHOUT_FRAMES = `requestAnimationFrame = () => 0;
  const { setTimeout: later } = window;
  window.setTimeout = (act, ms, ...rest) => later(act, ms < 200 ? 2000 : ms, ...rest);`;

describeWithBrowser('the console, live', () => {
  let system: TestSystem;
  let browser: Browser;

  beforeAll(async () => {
    system = await TestSystem.create();
    await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SPEC.symbols, seed: 5 }));
    await system.worker();
    browser = await startBrowser();
  }, 120_000);
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
    const CLOCK = '.times .clock dd';
    const clockMoves = async () => {
      const before = await page.locator(CLOCK).textContent();
      await page.locator(CLOCK, { hasNotText: before! }).waitFor();
    };
    await page.locator(CLOCK).waitFor();
    await clockMoves();
    await clockMoves();

    await first.signal('SIGKILL');
    await page.getByText(/The live connection was lost/).waitFor();
    await system.coordinator({ BARKEEP_PORT: new URL(url).port });
    await page.getByText(/The live connection was lost/).waitFor({ state: 'detached', timeout: 30_000 });
    await clockMoves();

    await page.getByRole('button', { name: 'Pause paced' }).click();
    await page.locator('.state-paused').waitFor();
    expect((await api.session('paced')).state).toBe('paused');
    await api.ok('DELETE', '/v1/sessions/paced');
    await page.getByText('paced was deleted.').waitFor();
    expect(opened.faults).toEqual([]);
    await opened.close();
  }, 180_000);

  it('shows a change that happened between the first answers and the live connection', async () => {
    const { url } = await system.coordinator();
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'stopped', pace: { mode: 'clock', speed: 240 } });
    const opened = await ConsolePage.open(browser, url, '/compare');
    const { page } = opened;
    await page.route(/\/events\b/, async (route) => {
      await page.locator('.state-running').waitFor();
      await api.ok('POST', '/v1/sessions/stopped/stop');
      await route.continue();
    });
    await page.goto(`${url}/sessions/stopped`);
    await page.locator('.state-stopped').waitFor();
    expect(opened.faults).toEqual([]);
    await opened.close();
  }, 120_000);

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
    await user.page.addInitScript(WITHOUT_FRAMES);
    await user.goto('/sessions/kept');
    await user.page.getByText(userBanner).waitFor();
    await user.page.getByText(coverage).waitFor();
    await user.page.getByRole('button', { name: 'Delete kept' }).click();
    await user.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await user.page.waitForURL(`${url}/`);
    for (const opened of [admin, user]) {
      const storedByPage =
        'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, location.href])';
      expect(await opened.page.evaluate<string>(storedByPage)).not.toMatch(/-key-/);
      expect(opened.faults).toEqual([]);
      await opened.close();
    }
  }, 120_000);

  it('shows 2,000 symbols, and draws only the visible ones', async () => {
    const { url } = await system.coordinator();
    const symbols = Array.from({ length: 2000 }, (_, number) => `S${String(number).padStart(4, '0')}`);
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'wide', symbols, derivedIntervals: [], upkeep: { enabled: false } });
    await api.completed('wide');
    const opened = await ConsolePage.open(browser, url, '/sessions/wide?order=name');
    const { page } = opened;
    await page.getByText('Coverage, 2,000 symbols').waitFor({ timeout: 60_000 });
    await page.getByRole('application').focus();
    for (let press = 0; press < 100; press++) await page.keyboard.press('PageDown');
    await page.getByText(/^S1999 on 2013-10-01/).waitFor();
    expect(await page.evaluate<number>("document.querySelector('.heatmap canvas').height")).toBeLessThan(2000);
    expect(opened.faults).toEqual([]);
    await opened.close();
  }, 240_000);
});
