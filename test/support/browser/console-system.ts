/** A system, and a browser that opens the pages of its console. */
import type { Browser, Page } from 'playwright-core';
import { Api } from '../system/api.js';
import { TestSystem } from '../system/system.js';
import { startBrowser } from './browser.js';
import { ConsolePage, type ConsolePageOptions } from './console-page.js';

/** A spec over the datasets of the demonstration. Its session has holes unless it names a `backfill`. */
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

  /** A system with the datasets of the demonstration, a worker and a coordinator. */
  static create(): Promise<ConsoleSystem> {
    return ConsoleSystem.createWith(async (system) => {
      await system.barkeep('demo', '--data-only');
      await system.worker();
    });
  }

  /** A system with a coordinator. @param prepare called before it starts */
  static async createWith(prepare?: (system: TestSystem) => Promise<void>): Promise<ConsoleSystem> {
    const system = await TestSystem.create();
    await prepare?.(system);
    const { url } = await system.coordinator();
    return new ConsoleSystem(system, new Api(url), await startBrowser());
  }

  /** Opens a page, acts on it, checks that it has no faults, and closes it. */
  withPage(
    path: string,
    act: (page: Page, opened: ConsolePage) => Promise<void>,
    options?: ConsolePageOptions,
  ): Promise<void> {
    return ConsolePage.visit(this.browser, this.api.url, path, act, options);
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
