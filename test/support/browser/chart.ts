/** What a test can see of a chart. */
import type { Page } from 'playwright-core';

/**
 * A script: whether stripes cover the chart's left third when the next frame is drawn. They leave less than 95 % of it to the
 * background; the lines of the grid alone leave more.
 */
const HAS_STRIPES = `new Promise(requestAnimationFrame).then(() => {
  const { width, height } = document.querySelector('.chart canvas');
  const context = document.querySelector('.chart canvas').getContext('2d');
  const pixels = new Uint32Array(context.getImageData(0, 0, width / 3, height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const backgroundPixels = Math.max(...counts.values());
  return backgroundPixels < 0.95 * pixels.length;
})`;
const SHOWN_MS = 30_000;

/**
 * Waits until stripes cover the left third of the chart. `waitForFunction` would evaluate a text in the page, which its content policy
 * forbids.
 */
export async function stripesShown(page: Page): Promise<void> {
  await page.locator('.chart canvas').first().waitFor();
  const deadline = Date.now() + SHOWN_MS;
  while (!(await page.evaluate<boolean>(HAS_STRIPES)))
    if (Date.now() > deadline) throw new Error(`expected stripes in the chart within ${SHOWN_MS} ms`);
}
