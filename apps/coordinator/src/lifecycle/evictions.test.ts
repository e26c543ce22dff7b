/** I11 is an invariant of docs/ARCHITECTURE.md. */
import { evictionWarning } from './evictions.js';

const info = (policy: string, maxMemory: number) =>
  `# Memory\r\nmaxmemory:${maxMemory}\r\nmaxmemory_policy:${policy}\r\n`;

test('I11 warns of a server that may evict any key', () => {
  expect(evictionWarning(info('allkeys-lru', 1_000))).toBe(
    'the session Redis evicts bars when it is full: expected maxmemory-policy noeviction, was allkeys-lru',
  );
});

test.each([
  ['has no limit of memory', info('allkeys-lru', 0)],
  ['evicts only keys that expire', info('volatile-lru', 1_000)],
  ['evicts no keys', info('noeviction', 1_000)],
  ['does not tell', ''],
])('I11 does not warn of a server that %s', (_what, answer) => {
  expect(evictionWarning(answer)).toBeUndefined();
});
