/**
 * A page of the console in a real browser. Records what no page may cause: errors, violations of the content policy,
 * requests to other machines.
 */
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';

/** The accessibility checker, as source text for the page. */
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  violations: { id: string; impact: string | null; nodes: { target: unknown[]; failureSummary?: string }[] }[];
}

export interface ConsolePageOptions {
  password?: string;
  colorScheme?: 'light' | 'dark';
  width?: number;
  /** The language of the browser, such as `de-DE`. */
  locale?: string;
}

export class ConsolePage {
  /** Errors, policy violations and requests to other origins so far, as text. A test expects it to be empty. */
  readonly faults: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly url: string,
  ) {
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      // Violations of the content policy appear here as errors. So do requests that the test makes fail on purpose.
      const isExpected = /Failed to load resource/.test(message.text());
      if (message.type() === 'error' && !isExpected) this.faults.push(message.text());
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== new URL(url).origin && !/^(data|blob):$/.test(protocol))
        this.faults.push(`request to ${request.url()}`);
    });
  }

  /** Opens a path of a coordinator's console. */
  static async open(
    browser: Browser,
    url: string,
    path: string,
    options: ConsolePageOptions = {},
  ): Promise<ConsolePage> {
    const { password, colorScheme = 'light', width = 1440, locale } = options;
    // The coordinator accepts any user name.
    const httpCredentials = password === undefined ? undefined : { username: 'me', password };
    const viewport = { width, height: 1000 };
    const context = await browser.newContext({ httpCredentials, colorScheme, locale, viewport });
    const opened = new ConsolePage(await context.newPage(), context, url);
    await opened.goto(path);
    return opened;
  }

  /** Opens a path of a coordinator's console, acts on the page, checks that it has no faults, and closes it. */
  static async visit(
    browser: Browser,
    url: string,
    path: string,
    act: (page: Page, opened: ConsolePage) => Promise<void>,
    options?: ConsolePageOptions,
  ): Promise<void> {
    const opened = await ConsolePage.open(browser, url, path, options);
    try {
      await act(opened.page, opened);
      expect(opened.faults).toEqual([]);
    } finally {
      await opened.close();
    }
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.url).href);
  }

  /** Violations of accessibility rules on the page, as text. */
  async accessibilityViolations(): Promise<string[]> {
    // Uses the debugging protocol, to which the page's content policy does not apply.
    const session = await this.context.newCDPSession(this.page);
    await session.send('Runtime.evaluate', { expression: AXE });
    const { result } = await session.send('Runtime.evaluate', {
      expression: 'axe.run(document).then((found) => JSON.stringify(found))',
      awaitPromise: true,
    });
    await session.detach();
    const { violations } = JSON.parse(String(result.value)) as AxeResult;
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary}`),
    );
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
