/**
 * A real browser for a test: Chromium of the system, driven by playwright-core. If it is missing, skipped tests say so,
 * and how to install it.
 */
import { chromium, type Browser } from 'playwright-core';
import { programOnPath } from '../setup/program-on-path.js';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

const PROGRAM = programOnPath('chromium', 'chromium-browser', 'google-chrome');

/** Like `describe`. Without Chromium the tests are skipped, and the end of the run lists them (skip-reporter.cjs). */
export function describeWithBrowser(name: string, tests: () => void): void {
  if (PROGRAM) return describe(name, tests);
  const reason = 'skipped: there is no chromium on the PATH (Debian: apt-get install chromium fonts-dejavu-core)';
  describe.skip(`${name} (${reason})`, tests);
}

/** Starts the browser, without a window. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, headless: true, args: [...FLAGS, '--disable-sync'] });
}
