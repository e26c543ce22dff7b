/**
 * The console in a browser: a user creates a session, sees where data was missing, opens its candles, and compares two
 * runs.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { Api } from '../support/system/api.js';
import { describeWithBrowser, startBrowser } from '../support/browser/browser.js';
import { ConsolePage } from '../support/browser/console-page.js';
import { TestSystem } from '../support/system/system.js';

const SPEC = {
  symbols: ['ALPHA', 'BRAVO', 'EMBER'],
  start: '2024-03-04',
  end: '2024-03-08',
  derivedIntervals: ['5m', '15m'],
  source: { type: 'dataset', dataset: 'stream' },
};
const SITE = join(__dirname, '../../apps/console/dist/site');
const BYTES_MAX = 120_000;
/** A script: whether stripes cover more than a twentieth of the chart's left third. The lines of the grid alone cover less. */
const HAS_STRIPES = `(() => {
  const { width, height } = document.querySelector('.chart canvas');
  const context = document.querySelector('.chart canvas').getContext('2d');
  const pixels = new Uint32Array(context.getImageData(0, 0, width / 3, height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const backgroundPixels = Math.max(...counts.values());
  return backgroundPixels < 0.95 * pixels.length;
})()`;

it('the scripts of the console take at most 120 kB compressed', () => {
  const files = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(SITE, file))).length, 0);
  expect(files).toContain(join('scripts', 'main.js'));
  expect(bytes).toBeLessThan(BYTES_MAX);
});

/** The tests share their sessions. Session `holes` is not repaired; `again` and `other` are. */
describeWithBrowser('the console', () => {
  let system: TestSystem;
  let browser: Browser;
  let api: Api;
  let url: string;

  beforeAll(async () => {
    system = await TestSystem.create();
    await system.barkeep('demo', '--data-only');
    await system.worker();
    ({ url } = await system.coordinator());
    api = new Api(url);
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await system?.close();
  });

  /** Opens a page, does something with it, and checks that it has no faults. */
  async function withPage(path: string, act: (page: Page, opened: ConsolePage) => Promise<void>, options = {}) {
    const opened = await ConsolePage.open(browser, url, path, options);
    try {
      await act(opened.page, opened);
      expect(opened.faults).toEqual([]);
    } finally {
      await opened.close();
    }
  }

  const shown = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 30_000 });

  it(
    'creates a session from the form, and shows which symbol lost which minutes',
    () =>
      withPage('/', async (page) => {
        await shown(page, 'No session yet');
        await page.getByRole('button', { name: 'New session…' }).click();
        await page.getByLabel('name').fill('first');
        await page.getByLabel('symbols').fill('ALPHA, BRAVO, EMBER');
        await page.getByRole('button', { name: 'Create and start' }).click();
        await page.waitForURL('**/sessions/first');
        await page.locator('.state-completed').waitFor({ timeout: 60_000 });
        await shown(page, 'Coverage, 3 symbols × 5 trading days');
        await page.locator('.worst button', { hasText: 'EMBER 2024-03-06' }).click();
        await shown(page, /EMBER · 2024-03-06 · 14:30–21:00 UTC \(09:30–16:00 New York\)/);
        await page.locator('.chart canvas').first().waitFor();
        await page.getByRole('img', { name: 'Candles of EMBER on 2024-03-06, 390 bars, 0 gaps' }).waitFor();
        await page.getByRole('button', { name: '5m', exact: true }).click();
        await page.getByRole('img', { name: 'Candles of EMBER on 2024-03-06, 78 bars, 0 gaps' }).waitFor();
        expect(new URL(page.url()).search).toBe('?symbol=EMBER&date=2024-03-06&interval=5m');
      }),
    120_000,
  );

  it('needs only the preloaded calls for its first content, each once', async () => {
    await api.run({ ...SPEC, id: 'first-calls' });
    await api.completed('first-calls');
    await withPage('/compare', async (page, opened) => {
      for (const path of ['/', '/sessions/first-calls']) {
        const link = (await fetch(url + path)).headers.get('link')!;
        const preloaded = [...link.matchAll(/<([^>]+)>/g)].map(([, call]) => url + call!);
        const answered = new Set<string>();
        const ofSessions = ({ href }: URL) => href.startsWith(`${url}/v1/sessions`);
        await page.route(ofSessions, async (route, request) => {
          const call = request.url();
          // Calls that are not preloaded get no answer, and repeated ones neither.
          if (!preloaded.includes(call) || answered.has(call)) return;
          answered.add(call);
          await route.continue();
        });
        await opened.goto(path);
        await page.locator('tbody tr a, .heatmap canvas').first().waitFor();
        expect([...answered].sort()).toEqual(preloaded.sort());
        await page.unrouteAll({ behavior: 'ignoreErrors' });
      }
    });
  }, 60_000);

  it('creates one session after a double click', () =>
    withPage('/', async (page) => {
      await page.getByRole('button', { name: 'New session…' }).click();
      await page.getByRole('button', { name: 'Create and start' }).dblclick();
      await page.waitForURL('**/sessions/*');
      const ids = (await api.ok<{ sessions: { id: string }[] }>('GET', '/v1/sessions')).sessions.map(({ id }) => id);
      expect(ids).toHaveLength(3); // this one, `first` and `first-calls`
    }));

  it('shows what is wrong with a field of the form', () =>
    withPage('/', async (page) => {
      await page.getByRole('button', { name: 'New session…' }).click();
      await page.getByLabel('first day').fill('04.03.2024');
      await page.getByRole('button', { name: 'Create and start' }).click();
      await shown(page, 'expected a date, YYYY-MM-DD, was "04.03.2024"');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }));

  it('moves over the cells with the keyboard, names them, and requests the missing bars of two again', async () => {
    await api.run({ ...SPEC, id: 'holes' });
    await api.completed('holes');
    await withPage('/sessions/holes', async (page) => {
      const picture = page.getByRole('application');
      await picture.focus();
      // The first key starts at the first cell, which is that of EMBER, the worst symbol. So two keys reach EMBER's third day, of
      // which the demonstration lost 45 minutes.
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await shown(page, /^EMBER on 2024-03-06 is (absent|unfillable): 345 streamed, 45 (absent|unfillable) of 390$/);
      await page.keyboard.press('Enter');
      await shown(page, 'Gaps of EMBER on 2024-03-06');
      await page.getByRole('img', { name: /Candles of EMBER on 2024-03-06, 345 bars, \d+ gaps/ }).waitFor();
      await page.keyboard.press('Shift+ArrowDown');
      await page.getByRole('button', { name: 'Ask again for 2 × 1 day…' }).click();
      await shown(page, 'the session has no backfill');
      await page.getByRole('button', { name: 'Ask now' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });
  }, 120_000);

  it('can be used by the keyboard alone, from the list of sessions to a repeated request for bars', () =>
    withPage('/', async (page) => {
      /** The name of the element that has the focus. */
      const focused = () =>
        page.evaluate<string>('document.activeElement.ariaLabel ?? document.activeElement.textContent');
      /** Presses a key until an element with this name has the focus. */
      const tabTo = async (name: RegExp, key = 'Tab') => {
        for (let press = 0; press < 60; press++) {
          if (name.test((await focused()).trim())) return;
          await page.keyboard.press(key);
        }
        throw new Error(`expected ${key} to lead to ${name}`);
      };
      await page.getByRole('link', { name: 'holes', exact: true }).waitFor();
      await tabTo(/^holes$/);
      await page.keyboard.press('Enter');
      await page.getByRole('application').waitFor();
      await tabTo(/^Coverage by symbol/);
      for (const key of ['ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
      await page.getByRole('img', { name: /^Candles of EMBER on 2024-03-06, 345 bars/ }).waitFor();
      await tabTo(/^Ask again for EMBER 2024-03-06…$/, 'Shift+Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByText('Session holes: EMBER, 2024-03-06.').waitFor();
      await page
        .getByRole('dialog')
        .getByText(/^EMBER: 45 slots in \d+ gaps, and the session has no backfill/)
        .waitFor();
      await tabTo(/^Ask now$/);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await focused()).toContain('Ask again for EMBER 2024-03-06…');
    }));

  it('compares two sessions, and opens the first bar that differs', async () => {
    await api.run({ ...SPEC, id: 'again', backfill: ['reference'] });
    await api.run({ ...SPEC, id: 'other', backfill: ['reference'] });
    await api.completed('again');
    await api.completed('other');
    await withPage('/compare?a=again&b=other', (page) => shown(page, /^Equal: every bar of 3 symbols/));
    await withPage('/compare?a=again&b=holes', async (page) => {
      await shown(page, /^The first bar that differs is/);
      await page.locator('.chart').nth(1).waitFor();
    });
  }, 120_000);

  it('filters sessions by state and name, and rows by the state of a cell', async () => {
    await withPage('/', async (page) => {
      await page.getByLabel('find').fill('hol');
      await page.getByRole('link', { name: 'again', exact: true }).waitFor({ state: 'detached' });
      await page.getByRole('link', { name: 'holes', exact: true }).waitFor();
      await page.getByLabel('state').selectOption('failed');
      await shown(page, 'No session matches.');
      expect(new URL(page.url()).search).toBe('?find=hol&state=failed');
    });
    await withPage('/sessions/again', async (page) => {
      await shown(page, 'Coverage, 3 symbols × 5 trading days');
      await page.getByLabel('show').selectOption('unfillable');
      await shown(page, 'Coverage, 1 symbol × 5 trading days');
      await page.getByRole('heading', { name: 'Days with missing minutes' }).waitFor();
      await page.locator('.worst button', { hasText: 'BRAVO 2024-03-05' }).first().click();
      await shown(page, 'Gaps of BRAVO on 2024-03-05');
      await page.getByRole('cell', { name: 'unfillable' }).waitFor();
    });
  });

  it('deletes a session only after a confirmation', () =>
    withPage('/', async (page) => {
      await page.getByRole('button', { name: 'Delete other' }).click();
      await page.getByRole('button', { name: 'Keep it' }).click();
      await page.getByRole('button', { name: 'Delete other' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('link', { name: 'other', exact: true }).waitFor({ state: 'detached', timeout: 30_000 });
    }));

  it('shows datasets, their coverage, and the queues', async () => {
    await withPage('/datasets', async (page) => {
      await page.getByRole('link', { name: 'stream' }).click();
      await shown(page, 'Rows by symbol and trading day of XNYS, 10 × 5, worst first');
      await page.getByLabel('calendar').fill('XNOPE');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByRole('alert').waitFor();
      await page.goBack();
    });
    await withPage('/upkeep', (page) => page.getByRole('table', { name: 'Upkeep' }).waitFor());
  });

  it('shows conflicts of an import apart from refused records', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'barkeep-console-'));
    // Two different bars of one minute.
    const rows = [
      'time,open,high,low,close,volume',
      '2024-03-05T14:30:00Z,2,5,1,2,1',
      '2024-03-05T14:30:00Z,2,5,1,3,1',
    ];
    await writeFile(join(folder, 'odd.csv'), rows.join('\n'));
    await system.barkeep('import', join(folder, 'odd.csv'), '--dataset', 'odd', '--format', 'csv', '--symbol', 'ODD');
    await rm(folder, { recursive: true });
    await withPage('/datasets/odd', async (page) => {
      await page.getByRole('heading', { name: 'Refused records' }).waitFor();
      await page.getByRole('table', { name: /^Conflicts: 1 / }).waitFor();
    });
  });

  it('says that the queues need the admin key', async () => {
    const keys = { BARKEEP_API_KEYS: 'user-key-0123456789', BARKEEP_ADMIN_KEYS: 'admin-key-0123456789' };
    const keyed = await system.coordinator(keys);
    const opened = await ConsolePage.open(browser, keyed.url, '/upkeep', { password: keys.BARKEEP_API_KEYS });
    await shown(opened.page, 'This needs the admin key: open the console with a key of BARKEEP_ADMIN_KEYS.');
    expect(opened.faults).toEqual([]);
    await opened.close();
    await keyed.signal('SIGTERM');
  });

  it('shows the certificate', () =>
    withPage('/sessions/again', async (page) => {
      await page.getByText('Certificate', { exact: true }).click();
      await shown(page, /5, all of the session/); // its five days
    }));

  const PAGES = [
    '/',
    '/sessions/holes?symbol=EMBER&date=2024-03-06',
    '/datasets',
    '/datasets/stream',
    '/upkeep',
    '/compare?a=again&b=holes',
  ];
  const DIALOGS = [
    { path: '/', button: 'New session…' },
    { path: '/sessions/holes', button: 'Ask again…' },
    { path: '/sessions/holes', button: 'Delete holes' },
  ];

  it.each(['light', 'dark'] as const)(
    'breaks no rule of accessibility in %s colours',
    (colorScheme) =>
      withPage(
        '/',
        async (page, opened) => {
          for (const path of PAGES) {
            await opened.goto(path);
            await page.locator('h1').waitFor();
            await page.waitForLoadState('networkidle').catch(() => undefined);
            expect({ path, found: await opened.accessibilityViolations() }).toEqual({ path, found: [] });
          }
          for (const { path, button } of DIALOGS) {
            await opened.goto(path);
            await page.getByRole('button', { name: button }).click();
            await page.getByRole('dialog').waitFor();
            expect({ button, found: await opened.accessibilityViolations() }).toEqual({ button, found: [] });
          }
        },
        { colorScheme },
      ),
    120_000,
  );

  it('fits the width of a phone without scrolling', () =>
    withPage(
      '/sessions/holes?symbol=EMBER&date=2024-03-06',
      async (page) => {
        await page.locator('.chart canvas').first().waitFor();
        const visibleWidth = await page.evaluate<number>('innerWidth');
        const contentWidth = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect(contentWidth).toBeLessThanOrEqual(visibleWidth);
      },
      { width: 390 },
    ));

  it('says that it has no live connection when already the first one fails', () =>
    withPage('/', async (page) => {
      await page.route(/\/events\b/, (route) => route.abort('connectionrefused'));
      await page.getByRole('link', { name: 'holes', exact: true }).click();
      await page.getByText(/The live connection was lost/).waitFor();
      await page.unroute(/\/events\b/);
      await page.getByText(/The live connection was lost/).waitFor({ state: 'detached' });
    }));

  it('hatches the whole width of a day without any bar', async () => {
    await api.run({ ...SPEC, id: 'no-bars', symbols: ['ALPHA', 'NOBARS'], upkeep: { enabled: false } });
    await api.completed('no-bars');
    await withPage('/sessions/no-bars?symbol=NOBARS&date=2024-03-05', async (page) => {
      await page.getByRole('img', { name: 'Candles of NOBARS on 2024-03-05, 0 bars, 1 gaps' }).waitFor();
      await page.locator('.chart canvas').first().waitFor();
      await page.waitForFunction(HAS_STRIPES);
    });
  });

  it('searches only the page that it shows and says so, and returns to the newest sessions when a state is chosen', async () => {
    // With `newest` 101 sessions, one more than fits a page. So `holes`, which is older, is on the second page.
    for (let i = 0; i < 100; i++) await api.ok('POST', '/v1/sessions', { ...SPEC, id: `created-${i}` });
    await api.run({ ...SPEC, id: 'newest', upkeep: { enabled: false } });
    await api.completed('newest');
    await withPage('/', async (page) => {
      await page.getByLabel('find').fill('holes');
      await shown(page, 'No session on this page matches. Other pages may have some.');
      await page.getByRole('button', { name: 'Older sessions' }).click();
      await page.getByRole('link', { name: 'holes', exact: true }).waitFor();
      await page.getByLabel('find').fill('');
      await page.getByLabel('state').selectOption('completed');
      await page.getByRole('link', { name: 'newest', exact: true }).waitFor();
    });
  });
});
