import { evictionWarning } from './evictions.js';

const info = (policy: string, limit: number) => `# Memory\r\nmaxmemory:${limit}\r\nmaxmemory_policy:${policy}\r\n`;

test('I11 warns of a server that may evict any key, and not of one that evicts no key of a session', () => {
  expect(evictionWarning(info('allkeys-lru', 1_000))).toBe(
    'the session Redis evicts bars when it is full: expected maxmemory-policy noeviction, was allkeys-lru',
  );
  expect(evictionWarning(info('allkeys-lru', 0))).toBeUndefined();
  expect(evictionWarning(info('volatile-lru', 1_000))).toBeUndefined();
  expect(evictionWarning(info('noeviction', 1_000))).toBeUndefined();
  expect(evictionWarning('')).toBeUndefined();
});
