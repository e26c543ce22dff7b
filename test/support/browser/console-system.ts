/** A system with the demonstration's datasets, and a browser that opens the pages of its console. */
import type { Browser, Page } from 'playwright-core';
import { Api } from '../system/api.js';
import { TestSystem } from '../system/system.js';
import { startBrowser } from './browser.js';
import { ConsolePage } from './console-page.js';

type PageOptions = Parameters<typeof ConsolePage.open>[3];

/** A spec over those datasets. Its session has holes unless it names a `backfill`. */
export const CONSOLE_SPEC = {
  symbols: ['ALPHA', 'BRAVO', 'EMBER'],
  start: '2024-03-04',
  end: '2024-03-08',
  derivedIntervals: ['5m', '15m'],
  source: { type: 'dataset', dataset: 'stream' },
};

export class ConsoleSystem {
  private constructor(
    readonly system: TestSystem,
    readonly api: Api,
    readonly browser: Browser,
  ) {}

  static async create(): Promise<ConsoleSystem> {
    const system = await TestSystem.create();
    await system.barkeep('demo', '--data-only');
    await system.worker();
    const { url } = await system.coordinator();
    return new ConsoleSystem(system, new Api(url), await startBrowser());
  }

  /** Opens a page, acts on it, checks that it has no faults, and closes it. */
  async withPage(
    path: string,
    act: (page: Page, opened: ConsolePage) => Promise<void>,
    options?: PageOptions,
  ): Promise<void> {
    const opened = await ConsolePage.open(this.browser, this.api.url, path, options);
    try {
      await act(opened.page, opened);
      expect(opened.faults).toEqual([]);
    } finally {
      await opened.close();
    }
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.system.close();
  }
}

/** Waits until a page shows a text. */
export function shownOn(page: Page, text: string | RegExp): Promise<void> {
  return page.getByText(text).first().waitFor({ timeout: 30_000 });
}
