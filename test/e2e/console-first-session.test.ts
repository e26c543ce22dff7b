/** The console in a browser: a user creates the first sessions by the form, and sees where data was missing. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describeWithBrowser } from '../support/browser/browser.js';
import { CONSOLE_SPEC, ConsoleSystem, shownOn } from '../support/browser/console-system.js';

const SITE = join(__dirname, '../../apps/console/dist/site');
const BYTES_MAX = 120_000;

it('the scripts of the console take at most 120 kB compressed', () => {
  const files = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(SITE, file))).length, 0);
  expect(files).toContain(join('scripts', 'main.js'));
  expect(bytes).toBeLessThan(BYTES_MAX);
});

jest.setTimeout(120_000);

describeWithBrowser('the console of a system without sessions', () => {
  let lab: ConsoleSystem;

  beforeAll(async () => {
    lab = await ConsoleSystem.create();
  });
  afterAll(() => lab?.close());

  it('creates a session from the form, and shows which symbol lost which minutes', () =>
    lab.withPage('/', async (page) => {
      await shownOn(page, 'No session yet');
      await page.getByRole('button', { name: 'New session…' }).click();
      await page.getByLabel('name').fill('first');
      await page.getByLabel('symbols').fill('ALPHA, BRAVO, EMBER');
      await page.getByRole('button', { name: 'Create and start' }).click();
      await page.waitForURL('**/sessions/first');
      await page.locator('.state-completed').waitFor({ timeout: 60_000 });
      await shownOn(page, 'Coverage, 3 symbols × 5 trading days');
      await page.locator('.worst button', { hasText: 'EMBER 2024-03-06' }).click();
      await shownOn(page, /EMBER · 2024-03-06 · 14:30–21:00 UTC \(09:30–16:00 New York\)/);
      await page.locator('.chart canvas').first().waitFor();
      await page.getByRole('img', { name: 'Candles of EMBER on 2024-03-06, 390 bars, 0 gaps' }).waitFor();
      await page.getByRole('button', { name: '5m', exact: true }).click();
      await page.getByRole('img', { name: 'Candles of EMBER on 2024-03-06, 78 bars, 0 gaps' }).waitFor();
      expect(new URL(page.url()).search).toBe('?symbol=EMBER&date=2024-03-06&interval=5m');
    }));

  it('creates one session after a double click', () =>
    lab.withPage('/', async (page) => {
      const sessionIds = async () => {
        const { sessions } = await lab.api.ok<{ sessions: { id: string }[] }>('GET', '/v1/sessions');
        return sessions.map(({ id }) => id);
      };
      const before = await sessionIds();
      await page.getByRole('button', { name: 'New session…' }).click();
      await page.getByRole('button', { name: 'Create and start' }).dblclick();
      await page.waitForURL('**/sessions/*');
      expect(await sessionIds()).toHaveLength(before.length + 1);
    }));

  it('shows what is wrong with a field of the form', () =>
    lab.withPage('/', async (page) => {
      await page.getByRole('button', { name: 'New session…' }).click();
      await page.getByLabel('first day').fill('04.03.2024');
      await page.getByRole('button', { name: 'Create and start' }).click();
      await shownOn(page, 'expected a date, YYYY-MM-DD, was "04.03.2024"');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }));

  it('keeps the edited JSON of a spec while the form is shown, and its problems apart from those of the form', () =>
    lab.withPage('/', async (page) => {
      await page.getByRole('button', { name: 'New session…' }).click();
      await page.getByRole('button', { name: 'Edit as JSON' }).click();
      const json = page.getByLabel('The spec as JSON');
      const pasted = JSON.stringify({ ...CONSOLE_SPEC, id: 'pasted', start: '04.03.2024' });
      await json.fill(pasted);
      await page.getByRole('button', { name: 'Create and start' }).click();
      await shownOn(page, /start: expected a date/);
      await page.getByRole('button', { name: 'Back to the form' }).click();
      expect(await page.getByRole('alert').count()).toBe(0);
      await page.getByRole('button', { name: 'Edit as JSON' }).click();
      expect(await json.inputValue()).toBe(pasted);
      // A change of the form makes the JSON again.
      await page.getByRole('button', { name: 'Back to the form' }).click();
      await page.getByLabel('name').fill('typed');
      await page.getByRole('button', { name: 'Edit as JSON' }).click();
      expect(JSON.parse(await json.inputValue())).toMatchObject({ id: 'typed' });
    }));

  it('needs only the preloaded calls for its first content, each once', async () => {
    const { url } = lab.api;
    await lab.api.run({ ...CONSOLE_SPEC, id: 'preloaded' });
    await lab.api.completed('preloaded');
    // Another page first, so that the route is set when the tested page makes its calls.
    await lab.withPage('/compare', async (page, opened) => {
      for (const path of ['/', '/sessions/preloaded']) {
        const link = (await fetch(url + path)).headers.get('link')!;
        const preloaded = [...link.matchAll(/<([^>]+)>/g)].map(([, call]) => url + call!);
        const answered = new Set<string>();
        const isOfSessions = ({ href }: URL) => href.startsWith(`${url}/v1/sessions`);
        await page.route(isOfSessions, async (route, request) => {
          const call = request.url();
          // A call that is not preloaded gets no answer, and a repeated one neither.
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
  });
});
