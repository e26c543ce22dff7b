/** The download of a server from the packages of the system, with the real apt-get. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canFetchPackages, fetchPackages } from '@barkeep/local-system';
import { describeOrSkip } from '../support/setup/describe-or-skip.js';

/** Nothing listens on this port. */
const CLOSED_PROXY = 'http://127.0.0.1:1';

describeOrSkip('fetching packages', canFetchPackages() ? undefined : 'no apt-get', () => {
  it('uses the proxy of HTTP_PROXY and HTTPS_PROXY; when it cannot be reached the reason names it, and nothing is left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'barkeep-packages-'));
    const env = { PATH: process.env['PATH'], HTTP_PROXY: CLOSED_PROXY, HTTPS_PROXY: CLOSED_PROXY };
    const failure = fetchPackages(['redis-server'], join(folder, 'redis'), env);
    expect(failure).toMatch(/^E: .*127\.0\.0\.1:1/);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
