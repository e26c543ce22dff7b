import { setImmediate as nextTurn } from 'node:timers/promises';
import { mapLimited } from './map-limited.js';

it('calls run a few at a time, and their results are in the order of the items', async () => {
  let [running, mostRunning] = [0, 0];
  const results = await mapLimited([3, 1, 2, 0], 2, async (turns) => {
    mostRunning = Math.max(mostRunning, ++running);
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    running--;
    return `took ${turns}`;
  });
  expect(results).toEqual(['took 3', 'took 1', 'took 2', 'took 0']);
  expect(mostRunning).toBe(2);
});

it('after a failure no other call starts, and the first error is thrown when the started calls have ended', async () => {
  const ended: string[] = [];
  const calls = mapLimited(['slow', 'failing', 'never started'], 2, async (name) => {
    if (name === 'failing') throw new Error('refused');
    await nextTurn();
    ended.push(name);
  });
  await expect(calls).rejects.toThrow('refused');
  expect(ended).toEqual(['slow']);
});
