/**
 * The queue dashboard in a browser: it shows the queues, loads nothing from other machines, and violates no browser
 * policy.
 */
import type { Browser } from 'playwright-core';
import { describeWithBrowser, startBrowser } from '../support/browser/browser.js';
import { TestSystem } from '../support/system/system.js';

const ADMIN_KEY = 'admin-key-0123456789';

describeWithBrowser('the queue dashboard', () => {
  let system: TestSystem;
  let browser: Browser;

  beforeAll(async () => {
    system = await TestSystem.create();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await system?.close();
  });

  it.each([
    { access: 'without keys', environment: {}, httpCredentials: undefined },
    {
      access: 'with an admin key as the password of the browser',
      environment: { BARKEEP_ADMIN_KEYS: ADMIN_KEY },
      httpCredentials: { username: 'me', password: ADMIN_KEY },
    },
  ])(
    'shows the queues and loads everything from the coordinator $access',
    async ({ environment, httpCredentials }) => {
      const { url } = await system.coordinator(environment);
      const context = await browser.newContext({ httpCredentials });
      const page = await context.newPage();
      const foreignRequests: string[] = [];
      const browserErrors: string[] = [];
      page.on('request', (request) => {
        const { protocol, origin } = new URL(request.url());
        if (protocol.startsWith('http') && origin !== url) foreignRequests.push(request.url());
      });
      page.on('pageerror', (error) => browserErrors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') browserErrors.push(message.text());
      });
      await page.goto(`${url}/queues`);
      for (const queue of ['stream', 'detect-gaps', 'backfill', 'aggregate'])
        await page.getByText(queue, { exact: true }).first().waitFor();
      await page.getByText('backfill', { exact: true }).first().click();
      await page.waitForURL(/\/queues\/queue\/backfill/);
      await page.waitForLoadState('networkidle');
      expect(foreignRequests).toEqual([]);
      expect(browserErrors).toEqual([]);
      await context.close();
    },
    240_000,
  );
});
