/**
 * Makes the pictures of the console that README and docs show: runs the demonstration, opens its pages in Chromium, and writes
 * docs/images/*.png.
 *
 *   node scripts/screenshots.mjs
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { startBrowser } from '../bench/harness/browser.mjs';
import { prepare, ROOT } from './prepare.mjs';

const OUT = join(ROOT, 'docs/images');
const SESSION = '/sessions/demo?symbol=EMBER&date=2024-03-06';
/** The gap of EMBER's 40 lost minutes: the label of its button in the console. */
const LONGEST_GAP = '2024-03-06 16:30';

await prepare();
const demo = spawn(process.execPath, [join(ROOT, 'apps/cli/bin/barkeep.js'), 'demo', '--keep'], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
try {
  await takePictures(await addressOf(demo));
} finally {
  demo.kill('SIGINT');
}

async function takePictures(url) {
  const browser = await startBrowser();
  mkdirSync(OUT, { recursive: true });
  for (const colorScheme of ['dark', 'light']) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 900 } });
    await page.goto(url + SESSION);
    await page.getByRole('button', { name: LONGEST_GAP }).click();
    // Best effort: an open stream of events can keep the network busy.
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await page.waitForTimeout(1000); // so that the charts are drawn
    await page.screenshot({ path: join(OUT, `session-${colorScheme}.png`) });
    await page.close();
  }
  await browser.close();
}

/** The coordinator's address, which the demonstration prints when its session has ended. */
async function addressOf(child) {
  for await (const line of createInterface({ input: child.stderr })) {
    const [, address] = /^the console is at (http:\/\/[^/]+)/.exec(line) ?? [];
    if (address) return address;
  }
  throw new Error('expected the demonstration to print its address, but it ended');
}
