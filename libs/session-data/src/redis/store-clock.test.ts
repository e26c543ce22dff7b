import { StoreClock } from './store-clock.js';

test('the clock is that of the store, whatever the clock of the machine says', async () => {
  jest.spyOn(Date, 'now').mockReturnValue(1_700_000_030_000);
  const clock = new StoreClock({ time: async () => [1_700_000_000, 250_000] });
  await Promise.resolve();
  await Promise.resolve();
  expect(Math.abs(clock.now() - 1_700_000_000_250)).toBeLessThan(1_000);
  clock.stop();
  jest.restoreAllMocks();
});

test('without an answer of the store the clock of the machine counts, and the error is reported', async () => {
  const onError = jest.fn();
  const clock = new StoreClock({ time: () => Promise.reject(new Error('away')) }, onError);
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
  await Promise.resolve();
  await Promise.resolve();
  expect(onError).toHaveBeenCalledTimes(1);
  clock.stop();
});
