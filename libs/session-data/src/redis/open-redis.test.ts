import { reconnectWhenDemoted } from './open-redis.js';

test('I11 a connection is opened again when its server is a replica, at most once a second', () => {
  let now = 0;
  const mustReconnect = reconnectWhenDemoted(() => now);
  const readOnly = new Error("READONLY You can't write against a read only replica.");
  expect(mustReconnect(new Error('OOM command not allowed'))).toBe(false);
  expect(mustReconnect(readOnly)).toBe(true);
  expect(mustReconnect(readOnly)).toBe(false);
  now = 1_000;
  expect(mustReconnect(readOnly)).toBe(true);
});
