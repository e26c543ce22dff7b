/** Checks that `npm run docs` can document the client without warnings, such as those about an uncommented export or a broken link. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const TYPEDOC = join(ROOT, 'node_modules/typedoc/bin/typedoc');

it('TypeDoc documents the client without a warning', async () => {
  const run = promisify(execFile)(process.execPath, [TYPEDOC, '--emit', 'none'], { cwd: ROOT });
  await expect(run).resolves.toMatchObject({ stderr: '' });
}, 120_000);
