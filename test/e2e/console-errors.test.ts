/** The console when something is missing: each page shows what happened, and what the user can do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Redis from 'ioredis';
import type { Browser, Page } from 'playwright-core';
import { Api } from '../support/system/api.js';
import { describeWithBrowser, startBrowser } from '../support/browser/browser.js';
import { ConsolePage } from '../support/browser/console-page.js';
import { shownOn } from '../support/browser/console-system.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { latch } from '../support/setup/latch.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2013-10-01', end: '2013-10-02' };
/** Longer than the page waits between two reads. */
const SLOW_READ_MS = 1_000;
/** A read of the newest days: only that has `from`. */
const NEWEST_DAYS = /\/days\?.*&from=/;
const ALL_DAYS = /\/days\?limit=\d+&view=operator$/;
const SPEC = { ...DATES, symbols: ['AAA'], source: { type: 'dataset', dataset: 'stream' }, upkeep: { enabled: false } };

jest.setTimeout(120_000); // each test starts a coordinator

describeWithBrowser('the console, when something is missing', () => {
  let system: TestSystem;
  let browser: Browser;

  beforeAll(async () => {
    system = await TestSystem.create();
    await writeBars(system.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SPEC.symbols, seed: 5 }));
    await writeBars(system.databaseUrl, 'empty', new Map());
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.close();
  });

  /** Removes the stores of all sessions. */
  async function removeStores(): Promise<void> {
    const store = new Redis(system.environment['SESSION_REDIS_URL']!);
    await store.del(...(await store.keys(`${system.sessionPrefix}*`)));
    store.disconnect();
  }

  /** Opens a page, acts on it, and checks that it has no faults and breaks no rule of accessibility. */
  function withPage(url: string, path: string, act: (page: Page) => Promise<void>) {
    return ConsolePage.visit(browser, url, path, async (page, opened) => {
      await act(page);
      expect(await opened.accessibilityViolations()).toEqual([]);
    });
  }

  it('says that a session or a dataset does not exist or is empty, and links to the lists', async () => {
    const { url } = await system.coordinator();
    await withPage(url, '/sessions/nope', async (page) => {
      await shownOn(page, /Session not found: .*"nope"/);
      await page.getByRole('heading', { name: 'nope' }).waitFor();
      await page.getByRole('link', { name: 'All sessions' }).click();
      await shownOn(page, /No session yet/);
    });
    await withPage(url, '/datasets/nope', async (page) => {
      await shownOn(page, /Dataset not found: .*"nope"/);
      await page.getByRole('link', { name: 'All datasets' }).click();
      await page.getByRole('link', { name: 'stream' }).click();
      await shownOn(page, /780 rows · 1 symbol · 2013-10-01 13:30 to 2013-10-02 19:59 UTC/);
    });
    await withPage(url, '/datasets/empty', (page) => shownOn(page, /The dataset has no row/));
  });

  it('reads a session that does not exist once, and shows it when it is created', async () => {
    const { url } = await system.coordinator();
    await withPage(url, '/sessions/later', async (page) => {
      await shownOn(page, /Session not found: .*"later"/);
      const reads: string[] = [];
      page.on('request', (request) => reads.push(request.url().replace(url, '')));
      const events = '/v1/sessions/later/events?view=operator';
      for (let attempts = 0; attempts < 2; attempts++) await page.waitForRequest(url + events);
      expect(reads.filter((path) => path.startsWith('/v1/sessions/later') && path !== events)).toEqual([]);
      await new Api(url).ok('POST', '/v1/sessions', { ...SPEC, id: 'later' });
      await page.locator('.state-created').waitFor();
    });
  });

  it('says that a session has no days when it was stopped before it streamed', async () => {
    const busy = await TestSystem.create();
    const { url } = await busy.coordinator({ BARKEEP_STREAM_CONCURRENCY: '1' });
    await writeBars(busy.databaseUrl, 'stream', marketBars({ ...DATES, symbols: SPEC.symbols, seed: 5 }));
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'first', pace: { mode: 'lockstep' } });
    await api.until('first', ({ clock }) => clock !== null); // the coordinator streams it, and takes no other session
    await api.run({ ...SPEC, id: 'second' });
    await api.ok('POST', '/v1/sessions/second/stop');
    await withPage(url, '/sessions/second', async (page) => {
      await page.locator('.state-stopped').waitFor();
      await shownOn(page, 'The days show when the session has started.');
      await api.ok('DELETE', '/v1/sessions/first');
      await page.getByRole('button', { name: 'Start second' }).click();
      await shownOn(page, 'Coverage, 1 symbol × 2 trading days');
    });
    await busy.close();
  });

  it('says that the chart could not be loaded', async () => {
    const { url } = await system.coordinator();
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'drawn' });
    await api.completed('drawn');
    await withPage(url, '/sessions/drawn', async (page) => {
      await page.route('**/scripts/charts.js', (route) => route.abort('connectionreset'));
      await page.getByRole('application').press('Enter');
      await page.getByRole('alert').getByText('The chart could not be loaded.').waitFor();
      await shownOn(page, 'Gaps of AAA on 2013-10-01');
    });
  });

  it('says that a call gets no answer, and makes it again', async () => {
    const { url } = await system.coordinator();
    await withPage(url, '/upkeep', async (page) => {
      await page.clock.install();
      await page.route('**/v1/datasets', () => undefined); // never answered
      await page.goto(`${url}/datasets`);
      await page.getByRole('heading', { name: 'Datasets' }).waitFor();
      await page.clock.fastForward('01:00');
      await page.getByRole('alert').getByText('The coordinator does not answer.').waitFor();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('link', { name: 'stream' }).waitFor();
    });
  });

  it('waits longer than a minute for a certificate', async () => {
    const { url } = await system.coordinator();
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'certified' });
    await api.completed('certified');
    await withPage(url, '/upkeep', async (page) => {
      const { open: answer, opened: mayAnswer } = latch();
      await page.clock.install();
      await page.route('**/certificate', (route) => mayAnswer.then(() => route.continue()));
      await page.goto(`${url}/sessions/certified`);
      const asked = page.waitForRequest('**/certificate');
      await page.getByText('Certificate', { exact: true }).click();
      await asked;
      await page.clock.fastForward('02:00');
      answer();
      await shownOn(page, /2, all of the session/); // two days
    });
  });

  it('says that the data of a session is lost, and starts it again', async () => {
    const { url } = await system.coordinator();
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'gone' });
    await api.completed('gone');
    await removeStores();
    await withPage(url, '/sessions/gone', async (page) => {
      await page.locator('.state-lost').waitFor();
      await shownOn(page, /has lost the bars of this session[^]*"Start" streams it\s+again/);
      await shownOn(page, 'The days are gone with the data of the session.');
      await page.getByRole('button', { name: 'Start gone' }).click();
      await page.locator('.state-completed').waitFor();
      await page.getByText(/has lost the bars/).waitFor({ state: 'detached' });
    });
  });

  it('shows no days of a session whose data is lost while its page is open', async () => {
    const { url } = await system.coordinator();
    const api = new Api(url);
    await api.run({ ...SPEC, id: 'going' });
    await api.completed('going');
    await withPage(url, '/sessions/going', async (page) => {
      await shownOn(page, 'Coverage, 1 symbol × 2 trading days');
      await removeStores();
      await page.locator('.state-lost').waitFor();
      await shownOn(page, 'The days are gone with the data of the session.');
    });
  });

  it('says what to do when the coordinator does not accept the key any more', async () => {
    const { url } = await system.coordinator();
    await withPage(url, '/upkeep', async (page) => {
      await page.getByRole('table', { name: 'Upkeep' }).waitFor();
      const json = { type: 'urn:barkeep:problem:unauthorized', status: 401, title: 'Missing or invalid API key' };
      await page.route(/\/v1\//, (route) => route.fulfill({ status: 401, json }));
      await shownOn(page, /Load the page again, and give a key as the password/);
    });
  });

  it('names a command that makes a dataset when there is none', async () => {
    const { url } = await system.coordinator();
    const folder = await mkdtemp(join(tmpdir(), 'barkeep-first-'));
    const file = join(folder, 'first.csv');
    await writeFile(file, 'time,symbol,open,high,low,close,volume\n2024-03-05T14:30:00Z,AAA,2,5,1,2,1\n');
    await withPage(url, '/', async (page) => {
      const path = '/v1/datasets';
      await page.route(`**${path}`, (route) => route.fulfill({ json: { datasets: [] } }));
      await page.getByRole('link', { name: 'Datasets' }).click();
      const [, ...words] = (await page.locator('code').innerText()).split(' ');
      await system.barkeep(...words.map((word) => ({ FILE: file, NAME: 'first' })[word] ?? word));
      await page.unroute(`**${path}`);
      await page.getByRole('link', { name: 'Datasets' }).click();
      await page.getByRole('link', { name: 'first' }).waitFor();
    });
    await rm(folder, { recursive: true });
  });

  /** Starts a session whose days change all the time, and opens its page. */
  async function withChangingPage(id: string, act: (page: Page) => Promise<void>): Promise<void> {
    const { url } = await system.coordinator();
    await new Api(url).run({ ...SPEC, id, pace: { mode: 'clock', speed: 240 } });
    await withPage(url, `/sessions/${id}`, async (page) => {
      await shownOn(page, 'Coverage, 1 symbol × 2 trading days');
      await act(page);
    });
  }

  it('never reads the days twice at the same time', () =>
    withChangingPage('slow', async (page) => {
      let [running, mostAtOnce] = [0, 0];
      await page.route(NEWEST_DAYS, async (route) => {
        running++;
        mostAtOnce = Math.max(mostAtOnce, running);
        await delay(SLOW_READ_MS);
        running--;
        return route.continue();
      });
      for (let reads = 0; reads < 3; reads++) await page.waitForRequest(NEWEST_DAYS);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      expect(mostAtOnce).toBe(1);
    }));

  it('reads all days again after a read failed', () =>
    withChangingPage('failing', async (page) => {
      // At its beginning the page reads all days twice: at once, and when the live connection opens. Both reads are over when it reads
      // the newest days.
      await page.waitForRequest(NEWEST_DAYS);
      const failure = { status: 503, json: { title: 'The days cannot be read' } };
      await page.route(NEWEST_DAYS, (route) => route.fulfill(failure), { times: 1 });
      // A successful read removes the alert, so the test holds it back until it has seen the alert.
      const alertSeen = latch();
      await page.route(ALL_DAYS, (route) => alertSeen.opened.then(() => route.continue()));
      const readOfAllDays = page.waitForRequest(ALL_DAYS);
      const alert = page.getByRole('alert');
      await alert.getByText('The days cannot be read').waitFor();
      alertSeen.open();
      await readOfAllDays;
      await page.unrouteAll({ behavior: 'wait' });
      await alert.waitFor({ state: 'detached' });
    }));

  it('says that the coordinator does not answer, until another one runs at its address', async () => {
    const first = await system.coordinator();
    await withPage(first.url, '/upkeep', async (page) => {
      await page.getByRole('table', { name: 'Upkeep' }).waitFor();
      await first.signal('SIGKILL');
      await page.getByRole('alert').getByText('The coordinator does not answer. Is it running?').waitFor();
      await system.coordinator({ BARKEEP_PORT: new URL(first.url).port });
      await page.getByRole('alert').waitFor({ state: 'detached' });
    });
  });
});
