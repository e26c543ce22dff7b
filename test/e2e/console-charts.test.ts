/** The charts of the console: which part of a day they show. */
import type { Page } from 'playwright-core';
import { stripesShown } from '../support/browser/chart.js';
import { describeWithBrowser } from '../support/browser/browser.js';
import { ConsoleSystem } from '../support/browser/console-system.js';
import { latch } from '../support/setup/latch.js';
import type { Api } from '../support/system/api.js';

const DATE = '2018-04-02';
/** Open time of minute 0. */
const FIRST = Date.parse(`${DATE}T00:00Z`);
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const SPEC = {
  symbols: ['FLAT'],
  calendar: '24/7',
  start: DATE,
  end: DATE,
  derivedIntervals: [],
  source: { type: 'feed' },
  upkeep: { enabled: false, barrier: 'none' },
};

jest.setTimeout(120_000);

describeWithBrowser('the charts of the console', () => {
  let lab: ConsoleSystem;
  let api: Api;

  beforeAll(async () => {
    lab = await ConsoleSystem.createWith();
    ({ api } = lab);
  });
  afterAll(() => lab?.close());

  /**
   * Feeds bars that draw only a line, without volume, so that nothing but a gap covers much of the chart.
   * @param through the feed is complete before this minute
   */
  async function feed(id: string, minutes: readonly number[], through: number) {
    const time = (minute: number) => new Date(FIRST + minute * MINUTE_MS).toISOString();
    const flat = { open: 1, high: 1, low: 1, close: 1, volume: 0 };
    const bars = minutes.map((minute) => ({ openTime: time(minute), ...flat }));
    await api.ok('POST', `/v1/sessions/${id}/symbols/FLAT/bars?through=${time(through)}`, bars);
  }

  const withChart = (id: string, width: number, act: (page: Page) => Promise<void>) =>
    lab.withPage(`/sessions/${id}?symbol=FLAT&date=${DATE}`, act, { width });

  const barsShown = (page: Page, bars: number) =>
    page.getByRole('img', { name: `Candles of FLAT on ${DATE}, ${bars} bars` }).waitFor();
  const minutesFrom = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);

  it('show all 1,440 minutes of a day, also on a phone', async () => {
    await api.run({ ...SPEC, id: 'whole-day' });
    const gapEnd = DAY_MINUTES / 3;
    await feed('whole-day', minutesFrom(gapEnd, DAY_MINUTES), DAY_MINUTES);
    await api.completed('whole-day');
    await withChart('whole-day', 390, async (page) => {
      await barsShown(page, DAY_MINUTES - gapEnd);
      await stripesShown(page);
    });
  });

  describe('of a day whose gap spans the lunch break', () => {
    const date = '2018-04-03';
    const LAYOUT = /\/layout$/;

    /** Feeds such a day, whose session goes on for another day, and opens its session's page. The page reads no layout yet. */
    async function withGap(id: string, act: (page: Page, showDay: () => Promise<void>) => Promise<void>) {
      await api.run({ ...SPEC, id, calendar: 'XHKG', start: date, end: '2018-04-04' });
      await feedThrough(id, `${date}T08:00:00.000Z`);
      await lab.withPage(`/sessions/${id}`, (page) =>
        act(page, async () => {
          await page.goto(`${page.url()}?symbol=FLAT&date=${date}`);
          await page.getByRole('img', { name: `Candles of FLAT on ${date}, 0 bars, 1 gaps` }).waitFor();
        }),
      );
    }

    /** Completes the feed before a time, without a bar. */
    const feedThrough = (id: string, time: string) =>
      api.ok('POST', `/v1/sessions/${id}/symbols/FLAT/bars?through=${time}`, []);

    it('do not call the day empty while the break is being read', () =>
      withGap('slow-layout', async (page, showDay) => {
        const gapSeen = latch();
        await page.route(LAYOUT, (route) => gapSeen.opened.then(() => route.continue()));
        await showDay();
        expect(await page.getByText('This day has no visible bar or gap yet').count()).toBe(0);
        gapSeen.open();
        await stripesShown(page);
      }));

    it('read the break again at the next change after a read failed', () =>
      withGap('failing-layout', async (page, showDay) => {
        const failure = { status: 503, json: { title: 'The layout cannot be read' } };
        await page.route(LAYOUT, (route) => route.fulfill(failure), { times: 1 });
        await showDay();
        const alert = page.getByRole('alert');
        await alert.getByText('The layout cannot be read').waitFor();
        await feedThrough('failing-layout', '2018-04-04T02:00:00.000Z');
        await alert.waitFor({ state: 'detached' });
        await stripesShown(page);
      }));
  });

  it('show all of the running day while bars are added to it', async () => {
    await api.run({ ...SPEC, id: 'running-day' });
    await feed('running-day', [0], 1);
    await withChart('running-day', 1440, async (page) => {
      await barsShown(page, 1);
      await page.locator('.chart canvas').first().waitFor();
      await feed('running-day', minutesFrom(100, 200), 200);
      await barsShown(page, 101);
      await stripesShown(page);
    });
  });
});
