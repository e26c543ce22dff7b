/** A real browser for a test: Chromium of the system, driven by playwright-core. */
import { chromium, type Browser } from 'playwright-core';
import { describeOrSkip } from '../setup/describe-or-skip.js';
import { programOnPath } from '../setup/program-on-path.js';

// Tests may run as root, where the sandbox does not start. The other flags prevent requests by Chromium itself.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
];

const PROGRAM = programOnPath('chromium', 'chromium-browser', 'google-chrome');

/** Like `describe`. Without Chromium the tests are skipped. */
export function describeWithBrowser(name: string, tests: () => void): void {
  const reason = 'there is no chromium on the PATH (Debian: apt-get install chromium fonts-dejavu-core)';
  describeOrSkip(name, PROGRAM ? undefined : reason, tests);
}

/** Starts the browser, without a window. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, headless: true, args: FLAGS });
}
