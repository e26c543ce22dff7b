/** The documentation page in a browser: "Try it out" creates and starts a session on the data of the demonstration. */
import { specExample } from '@barkeep/api';
import type { Browser, Page } from 'playwright-core';
import { Api } from '../support/system/api.js';
import { describeWithBrowser, startBrowser } from '../support/browser/browser.js';
import { TestSystem } from '../support/system/system.js';

const USER_KEY = 'user-key-0123456789';
const ADMIN_KEY = 'admin-key-0123456789';

jest.setTimeout(240_000);

describeWithBrowser('the documentation page', () => {
  let system: TestSystem;
  let browser: Browser;

  beforeAll(async () => {
    system = await TestSystem.create();
    await system.barkeep('demo', '--data-only');
    await system.worker();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.close();
  });

  it.each([
    { access: 'without keys', environment: {}, httpCredentials: undefined },
    {
      access: 'with a key as the password of the browser',
      environment: { BARKEEP_API_KEYS: USER_KEY, BARKEEP_ADMIN_KEYS: ADMIN_KEY },
      httpCredentials: { username: 'me', password: USER_KEY },
    },
  ])('creates, starts, reads and deletes a session $access', async ({ environment, httpCredentials }) => {
    const { url } = await system.coordinator(environment);
    const context = await browser.newContext({ httpCredentials });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${url}/docs`);
    expect(await tryOut(page, 'createSession')).toBe('201');
    expect(await tryOut(page, 'startSession')).toBe('200');
    const api = new Api(url, httpCredentials && { 'x-api-key': ADMIN_KEY });
    expect(await api.completed(specExample.id)).toMatchObject({ state: 'completed', spec: specExample });
    for (const operation of ['bars', 'latest', 'latestBar', 'metrics', 'readDays', 'exportBars'])
      expect({ operation, status: await tryOut(page, operation) }).toEqual({ operation, status: '200' });
    expect(await tryOut(page, 'deleteSession')).toBe('204');
    expect(errors).toEqual([]);
    await context.close();
  });
});

/** Executes an operation with the values that the page suggests. @returns the HTTP status */
async function tryOut(page: Page, operation: string): Promise<string> {
  const block = page.locator(`.opblock[id$="-${operation}"]`);
  await block.locator('.opblock-summary-control').click();
  await block.getByRole('button', { name: 'Try it out' }).click();
  await block.getByRole('button', { name: 'Execute', exact: true }).click();
  const status = await block.locator('.live-responses-table .response .response-col_status').first().textContent();
  return status?.trim().slice(0, 3) ?? '';
}
