/** Tests what `npm run test:matrix` writes into the table of docs/support.md. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const MODULE = join(__dirname, '../../scripts/support-table.mjs');
const DOCUMENT = `before
<!-- test:matrix -->

| Node | Redis     | PostgreSQL    | result               | date       |
| ---- | --------- | ------------- | -------------------- | ---------- |
| 20   | Redis 7.0 | PostgreSQL 15 | 490 passed, 0 failed | 2026-01-01 |
| 22   | Redis 7.0 | PostgreSQL 15 | 490 passed, 0 failed | 2026-01-01 |

<!-- /test:matrix -->
after
`;
const VERSIONS = { node: '20', redis: 'Redis 7.0', postgres: 'PostgreSQL 15' };
const RESULT = { ...VERSIONS, passed: 500, failed: 1, date: '2026-02-03' };

/** The document after a result. A program of its own makes it, because Jest cannot import ES modules. */
function documentAfter(result: object): string {
  const script = `
    const { documentWith } = await import(process.argv[1]);
    process.stdout.write(documentWith(...JSON.parse(process.argv[2])));`;
  const args = ['--input-type=module', '--eval', script, MODULE, JSON.stringify([DOCUMENT, result])];
  return execFileSync(process.execPath, args, { encoding: 'utf8' });
}

test('a result replaces the row of its versions, and leaves the other rows', () => {
  const rows = documentAfter(RESULT)
    .split('\n')
    .filter((line) => / (passed|failed)/.test(line));
  expect(rows).toEqual([
    '| 20 | Redis 7.0 | PostgreSQL 15 | 500 passed, 1 failed | 2026-02-03 |',
    '| 22 | Redis 7.0 | PostgreSQL 15 | 490 passed, 0 failed | 2026-01-01 |',
  ]);
});

test('a result of only some test files changes nothing', () => {
  expect(documentAfter({ ...RESULT, passed: 3, only: 'clock' })).toBe(DOCUMENT);
});
