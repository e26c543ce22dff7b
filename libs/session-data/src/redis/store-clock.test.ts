import { storeClock } from './store-clock.js';

test('the clock is that of the store, whatever the clock of the machine says', async () => {
  jest.spyOn(Date, 'now').mockReturnValue(1_700_000_030_000);
  const now = storeClock({ time: async () => [1_700_000_000, 250_000] });
  await Promise.resolve();
  await Promise.resolve();
  expect(Math.abs(now() - 1_700_000_000_250)).toBeLessThan(1_000);
  jest.restoreAllMocks();
});

test('without an answer of the store the clock of the machine counts', async () => {
  const now = storeClock({ time: () => Promise.reject(new Error('away')) });
  await Promise.resolve();
  await Promise.resolve();
  expect(Math.abs(now() - Date.now())).toBeLessThan(1_000);
});
