import { OneAtATime } from './one-at-a-time.js';

/** Lets this many microtasks run. */
const microtasks = async (count: number) => {
  for (let tick = 0; tick < count; tick++) await Promise.resolve();
};

// A run takes fewer than 12 microtasks, so the second request comes before, during or after the run of the first one.
it.each(Array.from({ length: 12 }, (_, ticks) => ticks))(
  'a second request is not lost when it comes %i microtasks after the first',
  async (ticks) => {
    let newestRequest = 0;
    let newestDone = 0;
    const work = new OneAtATime(async () => {
      const seen = newestRequest;
      await Promise.resolve();
      newestDone = seen;
    });
    newestRequest = 1;
    void work.request();
    await microtasks(ticks);
    newestRequest = 2;
    await work.request();
    expect(newestDone).toBe(2);
  },
);

it('there is one run at a time, and requests that arrive during a run share the next one', async () => {
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
  // The first run, and one that the two later requests share.
  expect({ mostRunning, runs, running }).toEqual({ mostRunning: 1, runs: 2, running: 0 });
});
