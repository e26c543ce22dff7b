/** The preparation of a checkout, with which `npm run demo` and `npm test` begin. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

test('a preparation does not wait for the lock of a killed one that had the same process id, as in a container', async () => {
  // The shell takes the lock, and is replaced by the preparation, which keeps its id.
  const takeLock = 'mkdir -p .barkeep/prepare.lock && : > .barkeep/prepare.lock/$$-x';
  const script = `${takeLock} && exec "$0" scripts/prepare.mjs`;
  const preparing = spawn('sh', ['-c', script, process.execPath], { cwd: join(__dirname, '../..'), stdio: 'inherit' });
  try {
    expect(await once(preparing, 'exit')).toEqual([0, null]);
  } finally {
    preparing.kill('SIGKILL');
  }
});
