/** The console with long names and many years, in another language, in forced colours, and on paper. */
import type { Page } from 'playwright-core';
import { describeWithBrowser } from '../support/browser/browser.js';
import { ConsoleSystem, shownOn } from '../support/browser/console-system.js';

/** As long as an id may be. */
const LONG_ID = 'a-session-'.padEnd(64, '0123456789-');
const SYMBOLS = Array.from({ length: 50 }, (_, number) => `S${number + 10}`);
/** Three years of two bars a day, of which none is fed. */
const SPEC = {
  id: LONG_ID,
  symbols: SYMBOLS,
  calendar: '24/7',
  start: '2018-01-01',
  end: '2020-12-31',
  baseInterval: '12h',
  derivedIntervals: [],
  source: { type: 'feed' },
  upkeep: { enabled: false, barrier: 'none' },
};
/** A script that collects the texts that are drawn on canvases. */
const COLLECT_TEXTS = `window.drawnTexts = [];
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    drawnTexts.push(text);
    return fillText.call(this, text, ...place);
  };`;
const DAY_SHOWN = `/sessions/${LONG_ID}?order=name&symbol=S55&date=2020-06-01`;

jest.setTimeout(120_000);

describeWithBrowser('the console on different displays', () => {
  let lab: ConsoleSystem;

  beforeAll(async () => {
    lab = await ConsoleSystem.createWith();
    await lab.api.run(SPEC);
  });
  afterAll(() => lab?.close());

  /** The value of a style property of each element. */
  const stylesOf = (page: Page, selector: string, property: string) =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll('${selector}')].map((element) => getComputedStyle(element)['${property}'])`,
    );

  it('shows the buttons of a session that has a long name and waits', () =>
    lab.withPage('/', async (page) => {
      await page.locator('td .waiting').waitFor();
      const { x, width } = (await page.getByRole('button', { name: /^Delete/ }).boundingBox())!;
      expect(x + width).toBeLessThan(await page.evaluate<number>('innerWidth'));
    }));

  it('shows the cell that the address names, and the years of the dates', () =>
    lab.withPage('/datasets', async (page) => {
      await page.addInitScript(COLLECT_TEXTS);
      await page.goto(lab.api.url + DAY_SHOWN);
      await shownOn(page, 'S55 on 2020-06-01 is after the clock');
      await page.locator('.heatmap canvas').waitFor();
      const box = "document.querySelector('.heatmap-box')";
      expect(await page.evaluate<number>(`${box}.scrollLeft`)).toBeGreaterThan(0);
      expect(await page.evaluate<number>(`${box}.scrollTop`)).toBeGreaterThan(0);
      const scrolled = await page.evaluate<number>(`${box}.scrollLeft`);
      await page.locator('.heatmap-box').click({ position: { x: 10, y: 60 } }); // the name of a symbol: marks its row
      await page.getByRole('button', { name: 'Ask again for 1 × 1,096 days…' }).waitFor();
      expect(await page.evaluate<number>(`${box}.scrollLeft`)).toBe(scrolled);
      const texts = await page.evaluate<string[]>('new Promise(requestAnimationFrame).then(() => drawnTexts)');
      expect(texts.filter((text) => /^2020-\d\d-\d\d$/.test(text))).not.toEqual([]);
      expect(texts.filter((text) => /^\d\d-\d\d$/.test(text))).toEqual([]); // without a year
    }));

  it('writes dates in the chart as everywhere else, in every language', () =>
    lab.withPage(
      '/datasets',
      async (page) => {
        await page.addInitScript(COLLECT_TEXTS);
        const bars = ['00', '12'].map((hour) => {
          return { openTime: `2018-01-01T${hour}:00:00Z`, open: 1, high: 1, low: 1, close: 1, volume: 0 };
        });
        const spec = { ...SPEC, id: 'fed', symbols: ['FED'], end: '2018-01-01' };
        await lab.api.run(spec);
        await lab.api.ok('POST', '/v1/sessions/fed/symbols/FED/bars?through=2018-01-02T00:00:00Z', bars);
        await lab.api.completed('fed');
        await page.goto(`${lab.api.url}/sessions/fed?symbol=FED&date=2018-01-01`);
        await page.getByRole('img', { name: 'Candles of FED on 2018-01-01, 2 bars' }).waitFor();
        await page.locator('.chart canvas').first().waitFor();
        await page.locator('.chart').hover({ position: { x: 100, y: 100 } });
        const texts = await page.evaluate<string[]>('new Promise(requestAnimationFrame).then(() => drawnTexts)');
        expect(texts.filter((text) => text.includes('2018-01-01'))).not.toEqual([]);
      },
      { locale: 'de-DE' },
    ));

  it('fits the width of a phone when a symbol has the longest name', async () => {
    const [long, date] = ['S'.padEnd(64, 'YMBOL'), '2018-01-01'];
    await lab.api.run({ ...SPEC, id: 'long', symbols: [long], end: date });
    await lab.api.ok('POST', `/v1/sessions/long/symbols/${long}/bars?through=2018-01-02T00:00:00Z`, []);
    await lab.api.completed('long');
    const act = async (page: Page) => {
      await page.locator('.worst button').waitFor();
      await page.locator('.chart canvas').first().waitFor();
      const visibleWidth = await page.evaluate<number>('innerWidth');
      const contentWidth = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect(contentWidth).toBeLessThanOrEqual(visibleWidth);
    };
    await lab.withPage(`/sessions/long?symbol=${long}&date=${date}`, act, { width: 390 });
  });

  it('keeps the colours of the states when the device forces its colours on a page', () =>
    lab.withPage(DAY_SHOWN, async (page) => {
      await page.locator('.swatch').first().waitFor();
      await page.emulateMedia({ forcedColors: 'active' });
      const colours = await stylesOf(page, '.coverage .swatch', 'backgroundColor');
      expect(new Set(colours).size).toBe(colours.length);
    }));

  it('prints a page in light colours and without buttons, also from a dark display', () =>
    lab.withPage(
      DAY_SHOWN,
      async (page) => {
        await page.locator('.chart canvas').first().waitFor();
        await page.emulateMedia({ media: 'print' });
        expect(new Set(await stylesOf(page, '.panel', 'backgroundColor'))).toEqual(new Set(['rgb(255, 255, 255)']));
        expect(await page.getByRole('button', { name: /^Delete/ }).isVisible()).toBe(false);
        expect(await page.getByRole('heading', { name: LONG_ID, level: 1 }).isVisible()).toBe(true);
      },
      { colorScheme: 'dark' },
    ));
});
