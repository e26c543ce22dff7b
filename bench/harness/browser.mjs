/** Starts Chromium, without a window and without a graphics card. */
import { execFileSync } from 'node:child_process';

/** Imports the driver on demand: its 30 MB of heap would slow down other scenarios. @throws Error when no Chromium is on the PATH */
export async function startBrowser() {
  const find = 'command -v chromium chromium-browser google-chrome | head -n 1';
  const program = execFileSync('sh', ['-c', find], { encoding: 'utf8' });
  if (program === '') throw new Error('expected chromium on the PATH (Debian: apt-get install chromium)');
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: program.trim(), args: ['--no-sandbox', '--disable-gpu'] });
}
