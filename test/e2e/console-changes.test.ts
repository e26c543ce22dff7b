/** The page of a session while the session changes, also in ways that no event reports. */
import type { Page } from 'playwright-core';
import { describeWithBrowser } from '../support/browser/browser.js';
import { ConsolePage } from '../support/browser/console-page.js';
import { ConsoleSystem, shownOn } from '../support/browser/console-system.js';
import { marketBars, writeBars } from '../support/data/market.js';
import type { Api } from '../support/system/api.js';

const DATES = { start: '2013-10-01', end: '2013-10-04' };
const SYMBOLS = ['AAA', 'BBB'];
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'dataset', dataset: 'stream' }, upkeep: { enabled: false } };
const USER_KEY = 'user-key-0123456789';
const ADMIN_KEY = 'admin-key-0123456789';
/** One more than the connections that a browser opens to one server. */
const TABS = 7;
/** A script that makes a page hidden or visible. Chromium without a window counts every page as visible. */
const HIDEABLE = `Object.defineProperty(document, 'visibilityState', { get: () => (window.isHidden ? 'hidden' : 'visible') });
  window.setHidden = (isHidden) => {
    window.isHidden = isHidden;
    document.dispatchEvent(new Event('visibilitychange'));
  };`;

/**
 * A script: presses Start of session `pressed`, then Stop as soon as this button appears in the same place.
 * Its result is whether Stop was disabled for people who hear the page.
 */
const PRESS_TWICE = `new Promise((resolve) => {
  const button = (name) => document.querySelector('[aria-label="' + name + ' pressed"]');
  button('Start').click();
  new MutationObserver((_, observer) => {
    const stop = button('Stop');
    if (!stop) return;
    observer.disconnect();
    stop.click();
    resolve(stop.ariaDisabled === 'true');
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
})`;

/** A script that replaces the connection for events: it opens, and brings only the events that the test emits. */
const EMITTED_EVENTS = `window.EventSource = class extends EventTarget {
    constructor() {
      super();
      window.emitEvent = (type, data) => this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
      setTimeout(() => this.dispatchEvent(new Event('open')));
    }
    close() {}
  };`;

jest.setTimeout(120_000);

describeWithBrowser('the page of a session that changes', () => {
  let lab: ConsoleSystem;
  let api: Api;

  beforeAll(async () => {
    const bars = marketBars({ ...DATES, symbols: SYMBOLS, seed: 5 });
    lab = await ConsoleSystem.createWith(({ databaseUrl }) => writeBars(databaseUrl, 'stream', bars));
    ({ api } = lab);
  });
  afterAll(() => lab?.close());

  it('shows a session in more tabs than a browser opens connections, and what happened while a tab was hidden', async () => {
    await api.run({ ...SPEC, id: 'tabs', pace: { mode: 'clock', speed: 60 } });
    const context = await lab.browser.newContext();
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
    await lab.withPage('/sessions/waits', async (page) => {
      await page.getByRole('button', { name: 'Start waits' }).click();
      await shownOn(page, /waiting for consumers: 0 of 1 have joined, for/);
    });
  });

  it('shows what a session waits for also with the key of a user', async () => {
    const keyed = await lab.system.coordinator({ BARKEEP_API_KEYS: USER_KEY, BARKEEP_ADMIN_KEYS: ADMIN_KEY });
    await api.run({ ...SPEC, id: 'seen', pace: { mode: 'lockstep' } });
    const act = (page: Page) => shownOn(page, /^waiting for consumers, for/);
    await ConsolePage.visit(lab.browser, keyed.url, '/sessions/seen', act, { password: USER_KEY });
    await keyed.signal('SIGTERM');
  });

  it('does not stop a session that a double click starts', async () => {
    await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'pressed', pace: { mode: 'clock', speed: 60 } });
    await lab.withPage('/sessions/pressed', async (page) => {
      await page.getByRole('button', { name: 'Start pressed' }).waitFor();
      expect(await page.evaluate<boolean>(PRESS_TWICE)).toBe(true);
      await page.getByRole('button', { name: 'Stop pressed', disabled: false }).click();
      await page.locator('.state-stopped').waitFor();
    });
  });

  it('keeps the focus on the button that is pressed, and moves it to the content of the list after a deletion', async () => {
    await api.run({ ...SPEC, id: 'keyed', pace: { mode: 'clock', speed: 60 } });
    await lab.withPage('/sessions/keyed', async (page) => {
      await page.getByRole('button', { name: 'Pause keyed' }).press('Enter');
      await page.getByRole('button', { name: 'Resume keyed', disabled: false }).waitFor();
      expect(await page.evaluate<string>('document.activeElement.ariaLabel')).toBe('Resume keyed');
      await page.getByRole('button', { name: 'Delete keyed' }).press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter');
      await page.waitForURL(`${api.url}/`);
      expect(await page.evaluate<string>('document.activeElement.id')).toBe('content');
    });
  });

  it('shows neither a removed symbol nor a removed day', async () => {
    await api.run({ ...SPEC, id: 'less' });
    await api.completed('less');
    await lab.withPage('/sessions/less', async (page) => {
      await shownOn(page, 'Coverage, 2 symbols × 4 trading days');
      await api.ok('DELETE', '/v1/sessions/less/symbols/BBB');
      await shownOn(page, 'Coverage, 1 symbol × 4 trading days');
    });
    await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'newest', history: { retainDays: 1 } });
    await lab.withPage('/sessions/newest', async (page) => {
      await page.getByRole('button', { name: 'Start newest' }).click();
      await page.locator('.state-completed').waitFor();
      await shownOn(page, 'Coverage, 2 symbols × 1 trading day');
      // The page continues to look for removed days, but does not read all days of all symbols for that: only once, after the last event.
      const reads: string[] = [];
      page.on('request', (request) => reads.push(request.url().replace(api.url, '')));
      for (let looks = 0; looks < 3; looks++) await page.waitForRequest(/\/days\?limit=1&/);
      expect(reads.filter((path) => path.endsWith('/days?limit=500&view=operator')).length).toBeLessThan(2);
    });
  });

  it('shows a session that is created under the id of one that was deleted while its page was open', async () => {
    await api.run({ ...SPEC, id: 'reused', pace: { mode: 'clock', speed: 1 } });
    await lab.withPage('/sessions/reused', async (page) => {
      await shownOn(page, 'Coverage, 2 symbols × 4 trading days');
      await api.ok('DELETE', '/v1/sessions/reused');
      await shownOn(page, 'reused was deleted.');
      await api.run({ ...SPEC, id: 'reused', symbols: ['AAA'] });
      await shownOn(page, 'Coverage, 1 symbol × 4 trading days');
      await page.locator('.state-completed').waitFor();
    });
  });

  it('shows a session that is created, and not started, at once after one with its id was deleted', async () => {
    await api.run({ ...SPEC, id: 'made-again', pace: { mode: 'clock', speed: 1 } });
    await lab.withPage('/sessions/made-again', async (page) => {
      await shownOn(page, 'Coverage, 2 symbols × 4 trading days');
      await api.ok('DELETE', '/v1/sessions/made-again');
      await shownOn(page, 'made-again was deleted.');
      await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'made-again' });
      await page.locator('.state-created').waitFor();
      await shownOn(page, 'The days show when the session has started.');
    });
  });

  it('compares two sessions again, as they are then, when the button is pressed again', async () => {
    await api.run({ ...SPEC, id: 'whole' });
    await api.completed('whole');
    await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'late' });
    await lab.withPage('/compare?a=whole&b=late', async (page) => {
      await page.getByRole('alert').waitFor(); // a session that has not started has no bars to compare
      await api.ok('POST', '/v1/sessions/late/start');
      await api.completed('late');
      await page.getByRole('button', { name: 'Compare' }).click();
      await shownOn(page, 'Equal: every bar of 2 symbols on 4 closed days is the same.');
    });
  });

  it('reads a page again when its link is followed on the page itself', async () => {
    await lab.withPage('/datasets', async (page) => {
      await page.getByRole('link', { name: 'stream' }).waitFor();
      await writeBars(lab.system.databaseUrl, 'added', new Map());
      await page.getByRole('link', { name: 'Datasets' }).click();
      await page.getByRole('link', { name: 'added' }).waitFor();
    });
  });

  it('shows what has changed also when a proxy holds the events back', async () => {
    await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'held' });
    await lab.withPage('/datasets', async (page) => {
      await page.route(/\/events\b/, () => undefined); // never answered
      await page.goto(`${api.url}/sessions/held`);
      await shownOn(page, 'The days show when the session has started.');
      await api.ok('POST', '/v1/sessions/held/start');
      await shownOn(page, 'Coverage, 2 symbols × 4 trading days');
    });
  });

  it('does not read the days again while nothing changes, also when no event comes', async () => {
    await api.run({ ...SPEC, id: 'still' });
    await api.completed('still');
    await lab.withPage('/datasets', async (page) => {
      await page.route(/\/events\b/, () => undefined); // never answered
      await page.goto(`${api.url}/sessions/still`);
      await shownOn(page, 'Coverage, 2 symbols × 4 trading days');
      const reads: string[] = [];
      page.on('request', (request) => reads.push(request.url().replace(api.url, '')));
      const session = '/v1/sessions/still?view=operator';
      for (let ticks = 0; ticks < 2; ticks++) await page.waitForRequest(api.url + session);
      expect(reads).toContain(session);
      expect(reads.filter((path) => path.includes('/days'))).toEqual([]);
    });
  });

  it('shows a day that changed, without an event, while events of another day came', async () => {
    const [first, second] = ['2018-04-02', '2018-04-03'];
    const spec = { symbols: ['FED'], calendar: '24/7', baseInterval: '12h', derivedIntervals: [], start: first };
    const upkeep = { enabled: false, barrier: 'none' };
    await api.run({ ...spec, id: 'held-back', end: '2018-04-04', source: { type: 'feed' }, upkeep });
    /** Feeds both bars of a day. */
    const feedDay = (date: string, through: string) => {
      const bars = ['00', '12'].map((hour) => {
        return { openTime: `${date}T${hour}:00:00Z`, open: 1, high: 1, low: 1, close: 1, volume: 0 };
      });
      return api.ok('POST', `/v1/sessions/held-back/symbols/FED/bars?through=${through}T00:00:00Z`, bars);
    };
    await feedDay(first, second);
    await lab.withPage('/datasets', async (page) => {
      await page.addInitScript(EMITTED_EVENTS);
      await page.goto(`${api.url}/sessions/held-back`);
      await page.getByRole('application').focus();
      await page.keyboard.press('ArrowRight');
      await shownOn(page, `FED on ${second} is after the clock`);
      const event = JSON.stringify({ at: `${first}T12:00:00Z`, date: first });
      await page.evaluate(`window.emitter = setInterval(() => emitEvent('quality', ${event}), 500)`);
      await feedDay(second, '2018-04-04');
      await page.locator('.figures div', { hasText: 'streamed' }).getByText('4', { exact: true }).waitFor();
      await page.waitForRequest(/\/sessions\/held-back\?/); // the tick after the one that showed the change
      await page.evaluate('clearInterval(emitter)');
      await shownOn(page, `FED on ${second} is whole`);
    });
  });

  it('reads the days again after they were refused, also when no event comes', async () => {
    await api.run({ ...SPEC, id: 'refused' });
    await api.completed('refused');
    await lab.withPage('/datasets', async (page) => {
      const refusal = { status: 409, json: { type: 'urn:barkeep:problem:wrong-state', title: 'Not started' } };
      // The page reads the days at once, and when its connection opens.
      await page.route(/\/days\b/, (route) => route.fulfill(refusal), { times: 2 });
      await page.goto(`${api.url}/sessions/refused`);
      await shownOn(page, 'Coverage, 2 symbols × 4 trading days');
    });
  });

  it('says that a session was deleted while the page had no connection', async () => {
    await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'deleted' });
    await lab.withPage('/sessions/deleted', async (page) => {
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
