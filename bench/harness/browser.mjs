/** Starts Chromium, without a window and without a graphics card. */
import { execFileSync } from 'node:child_process';

/**
 * The driver is imported here, because it takes 30 MB of heap, with which the reads of other scenarios are slower.
 *
 * @throws Error when there is no Chromium on the PATH
 */
export async function startBrowser() {
  const find = 'command -v chromium chromium-browser google-chrome | head -n 1';
  const program = execFileSync('sh', ['-c', find], { encoding: 'utf8' });
  if (program === '') throw new Error('expected chromium on the PATH (Debian: apt-get install chromium)');
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: program.trim(), args: ['--no-sandbox', '--disable-gpu'] });
}
