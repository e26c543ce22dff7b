/**
 * Twelve fixed schedules of the fault campaign (test/faults). Under faults of processes, servers and networks, sessions end
 * with the same bytes (I1), no process ends and no session stands still (I11), and calls do what they answer (I13).
 * `npm run faults` runs any number of other schedules.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const run = promisify(execFile);
const LIMIT_MS = 10 * 60_000;
const options = { cwd: ROOT, timeout: LIMIT_MS };

test(
  'I1 I2 I6 I9 I11 I13 twelve schedules of faults end as undisturbed sessions',
  async () => {
    await run(process.execPath, [join(ROOT, 'node_modules/@typescript/native/bin/tsc'), '-b', 'test/faults'], options);
    const args = ['dist/faults/main.js', '--schedules', '12', '--seed', '1', '--labs', '2'];
    // A campaign that finds a violation prints it and exits with 1. Then the promise rejects, with the output in the error.
    const { stdout } = await run(process.execPath, args, options).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout).toContain('0 wrong, 0 standing still, 0 dead processes, 0 blocked loops, 0 left behind');
  },
  LIMIT_MS,
);
