/** I11 is an invariant of docs/ARCHITECTURE.md. */
import { reconnectWhenDemoted, storeClock } from './connection.js';

test('I11 a connection is opened again when its server is a replica, at most once a second', () => {
  let now = 0;
  const mustReconnect = reconnectWhenDemoted(() => now);
  const readOnly = new Error("READONLY You can't write against a read only replica.");
  expect(mustReconnect(new Error('OOM command not allowed'))).toBe(false);
  expect(mustReconnect(readOnly)).toBe(true);
  expect(mustReconnect(readOnly)).toBe(false);
  now += 1_000;
  expect(mustReconnect(readOnly)).toBe(true);
});

/** Waits until `storeClock` has its first answer: one turn for the promise of the reply, and one for the promise of the measurement. */
async function firstAnswer(): Promise<void> {
  await Promise.resolve();
  await Promise.resolve();
}

test('storeClock returns the time of the store, even when the clock of the machine differs', async () => {
  const storeMs = 1_700_000_000_250;
  const machineMs = storeMs + 30_000;
  jest.spyOn(Date, 'now').mockReturnValue(machineMs);
  const now = storeClock({ time: async () => [1_700_000_000, 250_000] }); // seconds and microseconds
  await firstAnswer();
  expect(Math.abs(now() - storeMs)).toBeLessThan(1_000);
  jest.restoreAllMocks();
});

test('storeClock returns the time of the machine when the store does not answer', async () => {
  const now = storeClock({ time: () => Promise.reject(new Error('away')) });
  await firstAnswer();
  expect(Math.abs(now() - Date.now())).toBeLessThan(1_000);
});
