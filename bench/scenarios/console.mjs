/** How fast the console draws the matrix of 500 symbols × 252 days in Chromium: after a sort of its rows, and while it scrolls. */
import { startBrowser } from '../harness/browser.mjs';
import { CELLS, makeWideSession } from '../harness/session.mjs';
import { fillStore } from '../harness/store.mjs';

/** Cells per second when the matrix is drawn within 300 ms. */
const DRAWN_MIN = CELLS / 0.3;
/** Frames in which the page scrolls through all rows. */
const FRAMES = 60;
/** Frames per second of a smooth scroll: nine tenths of the display's 60. */
const FRAMES_MIN = 54;

export default {
  id: 'console',
  title: [
    'matrix of 500 symbols × 252 days in Chromium',
    'value: time from a new order of the rows until it is painted',
    'limit: the canvas filled once',
    'baseline: a table with a cell per symbol and day',
    'also: frames per second while it scrolls',
  ].join('; '),
  unit: 'symbol-days/s',
  rounds: 5,
  targets: { valueMin: DRAWN_MIN, ratioToBaseline: 1, others: { scrolling: { valueMin: FRAMES_MIN } } },
  async prepare(bench) {
    const { coordinator, id, layout, remove } = await makeWideSession(bench);
    await fillStore(bench.redis, layout);
    const { browser, page } = await openPage(`${coordinator.url}/sessions/${id}`);
    const measured = async (script) => ({ rate: (CELLS * 1000) / (await page.evaluate(script)), cpu: {} });
    let isByName = false;
    return {
      value: () => {
        isByName = !isByName; // so that each round changes the order
        return measured(timingOf(sortBy(isByName ? 'name' : 'worst')));
      },
      limit: () => measured(timingOf(FILL_CANVAS)),
      baseline: () => measured(timingOf(TABLE)),
      others: {
        scrolling: async () => ({ rate: (FRAMES * 1000) / (await page.evaluate(SCROLL)), unit: 'frames/s', cpu: {} }),
      },
      close: async () => {
        await browser.close();
        await remove();
      },
    };
  },
};

async function openPage(url) {
  const browser = await startBrowser();
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  await page.goto(url);
  await page.getByText('Coverage, 500 symbols × 252 trading days').waitFor();
  return { browser, page };
}

/**
 * A script for the page: runs the script `act` at the start of a frame. Resolves with the milliseconds until the start of the second
 * frame after it, by which the result is painted.
 */
function timingOf(act) {
  return `new Promise((resolve) => requestAnimationFrame(() => {
    const startedAt = performance.now();
    ${act};
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - startedAt)));
  }))`;
}

/** A script that chooses another order of the matrix's rows. */
function sortBy(order) {
  return `(() => {
    const select = document.querySelector('.coverage select');
    select.value = '${order}';
    select.dispatchEvent(new Event('change', { bubbles: true }));
  })()`;
}

const FILL_CANVAS = `(() => {
  const canvas = document.querySelector('.heatmap canvas');
  canvas.getContext('2d').fillRect(0, 0, canvas.width, canvas.height);
})()`;

/** The baseline: adds a table with a cell per symbol and day, and removes it after its frame. */
const TABLE = `(() => {
  document.getElementById('bench')?.remove();
  const table = document.createElement('table');
  table.id = 'bench';
  for (let row = 0; row < 500; row++) {
    const line = table.insertRow();
    for (let day = 0; day < 252; day++) line.insertCell().className = 'cell-whole';
  }
  document.body.append(table);
  void table.offsetHeight; // forces the layout
  requestAnimationFrame(() => table.remove());
})()`;

/** Scrolls through all rows and resolves with the milliseconds that this took. */
const SCROLL = `new Promise((resolve) => {
  const box = document.querySelector('.heatmap-box');
  const startedAt = performance.now();
  let frame = 0;
  const next = () => {
    box.scrollTop = (box.scrollHeight / ${FRAMES}) * ++frame;
    if (frame < ${FRAMES}) requestAnimationFrame(next);
    else resolve(performance.now() - startedAt);
  };
  requestAnimationFrame(next);
})`;
