import { OneAtATime } from './one-at-a-time.js';

const microtasks = async (count: number) => {
  for (let tick = 0; tick < count; tick++) await Promise.resolve();
};

it('runs once more for a request at any moment of a run', async () => {
  for (let ticks = 0; ticks < 12; ticks++) {
    let wanted = 0;
    const done: number[] = [];
    const work = new OneAtATime(async () => {
      const now = wanted;
      await Promise.resolve();
      done.push(now);
    });
    wanted = 1;
    void work.request();
    await microtasks(ticks);
    wanted = 2;
    await work.request();
    expect(done.at(-1)).toBe(2);
  }
});

it('never runs twice at once, and joins requests that arrive during a run', async () => {
  let [running, most, runs] = [0, 0, 0];
  const work = new OneAtATime(async () => {
    most = Math.max(most, ++running);
    runs++;
    await microtasks(3);
    running--;
  });
  const first = work.request();
  await microtasks(2);
  await Promise.all([first, work.request(), work.request(), work.idle()]);
  expect([most, runs, running]).toEqual([1, 2, 0]);
});
