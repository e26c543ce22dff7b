import { OneAtATime } from './one-at-a-time.js';

/** Lets this many microtasks run. */
const microtasks = async (count: number) => {
  for (let tick = 0; tick < count; tick++) await Promise.resolve();
};

// A request is never lost, at whatever moment it comes. A run takes fewer than 12 microtasks, so the second request comes before,
// during and after the first run.
it.each(Array.from({ length: 12 }, (_, ticks) => ticks))(
  'starts a run after a second request, %i microtasks after the first',
  async (ticks) => {
    let newest = 0;
    const done: number[] = [];
    const work = new OneAtATime(async () => {
      const seen = newest;
      await Promise.resolve();
      done.push(seen);
    });
    newest = 1;
    void work.request();
    await microtasks(ticks);
    newest = 2;
    await work.request();
    expect(done.at(-1)).toBe(2);
  },
);

it('never runs twice at once, and joins requests that arrive during a run', async () => {
  let [running, mostRunning, runs] = [0, 0, 0];
  const work = new OneAtATime(async () => {
    running++;
    mostRunning = Math.max(mostRunning, running);
    runs++;
    await microtasks(3);
    running--;
  });
  const first = work.request();
  await microtasks(2);
  await Promise.all([first, work.request(), work.request(), work.idle()]);
  // Two runs: the first, and one that both later requests share.
  expect({ mostRunning, runs, running }).toEqual({ mostRunning: 1, runs: 2, running: 0 });
});
