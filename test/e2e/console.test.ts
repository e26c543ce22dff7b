/**
 * The console in a browser, with sessions that have holes and sessions that are repaired: a user looks for missing data,
 * requests it again, and compares two runs.
 */
import type { Page } from 'playwright-core';
import { describeWithBrowser } from '../support/browser/browser.js';
import { stripesShown } from '../support/browser/chart.js';
import { ConsolePage } from '../support/browser/console-page.js';
import { CONSOLE_SPEC, ConsoleSystem, shownOn } from '../support/browser/console-system.js';
import { importLines } from '../support/data/import-lines.js';
import type { Api } from '../support/system/api.js';

/** The day on which the demonstration lost 45 minutes of EMBER. */
const DAY_WITH_HOLES = '/sessions/holes?symbol=EMBER&date=2024-03-06';
const PAGES = ['/', DAY_WITH_HOLES, '/datasets', '/datasets/stream', '/upkeep', '/compare?a=again&b=holes'];
const DIALOGS = [
  { path: '/', button: 'New session…' },
  { path: '/sessions/holes', button: 'Ask again…' },
  { path: '/sessions/holes', button: 'Delete holes' },
];

jest.setTimeout(120_000);

describeWithBrowser('the console', () => {
  let lab: ConsoleSystem;
  let api: Api;

  beforeAll(async () => {
    lab = await ConsoleSystem.create();
    ({ api } = lab);
    // `holes` is not repaired. `again` and `other` are repaired, and equal.
    await api.run({ ...CONSOLE_SPEC, id: 'holes' });
    for (const id of ['again', 'other']) await api.run({ ...CONSOLE_SPEC, id, backfill: ['reference'] });
    for (const id of ['holes', 'again', 'other']) await api.completed(id);
  });
  afterAll(() => lab?.close());

  it('moves over the cells with the keyboard, names them, and requests the missing bars of two again', async () => {
    await lab.withPage('/sessions/holes', async (page) => {
      const picture = page.getByRole('application');
      await picture.focus();
      // The first cell is the first day of EMBER, the worst symbol. Two keys lead to EMBER's third day.
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await shownOn(page, /^EMBER on 2024-03-06 is (absent|unfillable): 345 streamed, 45 (absent|unfillable) of 390$/);
      await page.keyboard.press('Enter');
      await shownOn(page, 'Gaps of EMBER on 2024-03-06');
      await page.getByRole('img', { name: /Candles of EMBER on 2024-03-06, 345 bars, \d+ gaps/ }).waitFor();
      await page.keyboard.press('Shift+ArrowDown'); // selects the cell below, too
      await page.getByRole('button', { name: 'Ask again for 2 × 1 day…' }).click();
      await shownOn(page, 'The session has no backfill that could be asked.');
      await page.getByRole('button', { name: 'Run upkeep' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });
  });

  it('can be used by the keyboard alone, from the list of sessions to a repeated request for bars', () =>
    lab.withPage('/', async (page) => {
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
        .getByText(/^EMBER: 45 slots in \d+ gaps$/)
        .waitFor();
      await tabTo(/^Run upkeep$/);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await focused()).toContain('Ask again for EMBER 2024-03-06…');
    }));

  it('compares two sessions, and opens the first bar that differs', async () => {
    await lab.withPage('/compare?a=again&b=other', (page) => shownOn(page, /^Equal: every bar of 3 symbols/));
    await lab.withPage('/compare?a=again&b=holes', async (page) => {
      await shownOn(page, /^The first bar that differs is/);
      await page.locator('.chart').nth(1).waitFor();
    });
  });

  it('does not call two sessions equal when they have nothing that can be compared', async () => {
    for (const [id, symbol, date] of [
      ['alpha', 'ALPHA', '2024-03-04'],
      ['alpha-later', 'ALPHA', '2024-03-05'],
      ['bravo', 'BRAVO', '2024-03-04'],
    ]) {
      await api.run({ ...CONSOLE_SPEC, id, symbols: [symbol], start: date, end: date, upkeep: { enabled: false } });
      await api.completed(id!);
    }
    const nothing = 'Nothing was compared: the sessions have ';
    await lab.withPage('/compare?a=alpha&b=bravo', (page) => shownOn(page, `${nothing}no common symbol.`));
    await lab.withPage('/compare?a=alpha&b=alpha-later', (page) =>
      shownOn(page, `${nothing}no common day that both clocks have closed.`),
    );
  });

  it('offers to ask again for the cell that is open, also when a link opened it', () =>
    lab.withPage('/sessions/holes', async (page) => {
      await page.getByRole('application').focus();
      await page.keyboard.press('ArrowDown');
      await page.getByRole('button', { name: /^Ask again for/ }).waitFor();
      await page.locator('.worst button', { hasText: 'EMBER 2024-03-06' }).click();
      await shownOn(page, 'Gaps of EMBER on 2024-03-06');
      await page.getByRole('button', { name: 'Ask again for EMBER 2024-03-06…' }).waitFor();
    }));

  it('shows why an action failed until it is dismissed, or until the next action', async () => {
    await api.ok('POST', '/v1/sessions', { ...CONSOLE_SPEC, id: 'refused' });
    await lab.withPage('/', async (page) => {
      const failure = page.getByRole('alert').getByText('The server is away');
      const start = page.getByRole('button', { name: 'Start refused' });
      const path = '**/v1/sessions/refused/start';
      await page.route(path, (route) => route.fulfill({ status: 503, json: { title: 'The server is away' } }));
      await start.click();
      await failure.waitFor();
      expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await failure.waitFor({ state: 'detached' });
      await start.click();
      await failure.waitFor();
      await page.unroute(path);
      await start.click();
      await failure.waitFor({ state: 'detached' });
    });
    await api.completed('refused');
    await api.ok('DELETE', '/v1/sessions/refused');
  });

  it('filters sessions by state and name, and rows by the state of a cell', async () => {
    await lab.withPage('/', async (page) => {
      await page.getByLabel('find').fill('hol');
      await page.getByRole('link', { name: 'again', exact: true }).waitFor({ state: 'detached' });
      await page.getByRole('link', { name: 'holes', exact: true }).waitFor();
      await page.getByLabel('state').selectOption('failed');
      await shownOn(page, 'No session matches.');
      expect(new URL(page.url()).search).toBe('?find=hol&state=failed');
    });
    await lab.withPage('/sessions/again', async (page) => {
      await shownOn(page, 'Coverage, 3 symbols × 5 trading days');
      await page.getByLabel('show').selectOption('unfillable');
      await shownOn(page, 'Coverage, 1 symbol × 5 trading days');
      await page.getByRole('heading', { name: 'Days with missing bars' }).waitFor();
      await page.locator('.worst button', { hasText: 'BRAVO 2024-03-05' }).first().click();
      await shownOn(page, 'Gaps of BRAVO on 2024-03-05');
      await page.getByRole('cell', { name: 'unfillable' }).waitFor();
    });
  });

  it('deletes a session only after a confirmation', async () => {
    await api.ok('POST', '/v1/sessions', { ...CONSOLE_SPEC, id: 'unwanted' });
    await lab.withPage('/', async (page) => {
      await page.getByRole('button', { name: 'Delete unwanted' }).click();
      await page.getByRole('button', { name: 'Keep it' }).click();
      await page.getByRole('button', { name: 'Delete unwanted' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('link', { name: 'unwanted', exact: true }).waitFor({ state: 'detached', timeout: 30_000 });
    });
  });

  it('shows datasets, their coverage, and the queues', async () => {
    await lab.withPage('/datasets', async (page) => {
      await page.getByRole('link', { name: 'stream' }).click();
      await shownOn(page, 'Rows by symbol and trading day of XNYS, 10 × 5, worst first');
      await page.getByLabel('calendar').fill('XNOPE');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByRole('alert').waitFor();
      await page.goBack(); // must cause no fault
    });
    await lab.withPage('/upkeep', (page) => page.getByRole('table', { name: 'Upkeep' }).waitFor());
  });

  it('shows conflicts of an import apart from refused records', async () => {
    // Two different bars of one minute.
    const rows = [
      'time,open,high,low,close,volume',
      '2024-03-05T14:30:00Z,2,5,1,2,1',
      '2024-03-05T14:30:00Z,2,5,1,3,1',
    ];
    await importLines(lab.system, 'odd', rows, '--format', 'csv', '--symbol', 'ODD');
    await lab.withPage('/datasets/odd', async (page) => {
      await page.getByRole('heading', { name: 'Refused records' }).waitFor();
      await page.getByRole('table', { name: /^Conflicts: 1 / }).waitFor();
    });
  });

  it('says that the queues and datasets need the admin key', async () => {
    const keys = { BARKEEP_API_KEYS: 'user-key-0123456789', BARKEEP_ADMIN_KEYS: 'admin-key-0123456789' };
    const keyed = await lab.system.coordinator(keys);
    const asked = 'This needs the admin key: open the console with a key of BARKEEP_ADMIN_KEYS.';
    for (const path of ['/upkeep', '/datasets']) {
      const act = async (page: Page) => {
        await shownOn(page, asked);
        expect(await page.getByRole('table').count()).toBe(0);
      };
      await ConsolePage.visit(lab.browser, keyed.url, path, act, { password: keys.BARKEEP_API_KEYS });
    }
    await keyed.signal('SIGTERM');
  });

  it('shows the certificate', () =>
    lab.withPage('/sessions/again', async (page) => {
      await page.getByText('Certificate', { exact: true }).click();
      await shownOn(page, /5, all of the session/); // five days
    }));

  it.each(['light', 'dark'] as const)('breaks no rule of accessibility in %s colours', (colorScheme) =>
    lab.withPage(
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
  );

  it('fits the width of a phone without scrolling', () =>
    lab.withPage(
      DAY_WITH_HOLES,
      async (page) => {
        await page.locator('.chart canvas').first().waitFor();
        const visibleWidth = await page.evaluate<number>('innerWidth');
        const contentWidth = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect(contentWidth).toBeLessThanOrEqual(visibleWidth);
      },
      { width: 390 },
    ));

  it('says that it has no live connection when its first one fails', () =>
    lab.withPage('/', async (page) => {
      await page.route(/\/events\b/, (route) => route.abort('connectionrefused'));
      await page.getByRole('link', { name: 'holes', exact: true }).click();
      const lostConnection = page.getByText(/The live connection was lost/);
      await lostConnection.waitFor();
      await page.unroute(/\/events\b/);
      await lostConnection.waitFor({ state: 'detached' });
    }));

  it('hatches the whole width of a day without any bar', async () => {
    await api.run({ ...CONSOLE_SPEC, id: 'no-bars', symbols: ['ALPHA', 'NOBARS'], upkeep: { enabled: false } });
    await api.completed('no-bars');
    await lab.withPage('/sessions/no-bars?symbol=NOBARS&date=2024-03-05', async (page) => {
      await page.getByRole('img', { name: 'Candles of NOBARS on 2024-03-05, 0 bars, 1 gaps' }).waitFor();
      await stripesShown(page);
    });
  });

  it('searches only the page that it shows and says so, and returns to the newest sessions when a state is chosen', async () => {
    // With `newest` these are 101 sessions, one more than fit on a page. So `holes`, which is older, is on the second page.
    for (let i = 0; i < 100; i++) await api.ok('POST', '/v1/sessions', { ...CONSOLE_SPEC, id: `created-${i}` });
    await api.run({ ...CONSOLE_SPEC, id: 'newest', upkeep: { enabled: false } });
    await api.completed('newest');
    await lab.withPage('/', async (page) => {
      await page.getByLabel('find').fill('holes');
      await shownOn(page, 'No session on this page matches. Other pages may have some.');
      await page.getByRole('button', { name: 'Older sessions' }).click();
      await page.getByRole('link', { name: 'holes', exact: true }).waitFor();
      await page.getByLabel('find').fill('');
      await page.getByLabel('state').selectOption('completed');
      await page.getByRole('link', { name: 'newest', exact: true }).waitFor();
    });
  });
});
