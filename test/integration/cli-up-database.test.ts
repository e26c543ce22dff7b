/** Commands on datasets with BARKEEP_URL: they use the database of a running `barkeep up` only if the URL names its coordinator. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Services, startServices, UP_ROLE } from '@barkeep/local-system';
import { runBarkeep } from '../support/programs/barkeep-command.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';

const { PATH, HOME } = process.env;
let folder: string;
let database: TestDatabase;
let up: Services;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-up-database-'));
  await writeFile(join(folder, 'package.json'), '{}');
  database = await createTestDatabase();
  const redis = 'redis://127.0.0.1:1/0'; // not called
  const env = { PATH, HOME, DATABASE_URL: database.url, REDIS_URL: redis, SESSION_REDIS_URL: redis };
  up = await startServices({ dataDir: join(folder, '.barkeep', 'up'), keep: true, env });
});
afterAll(async () => {
  await up.stop();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** The addresses of the coordinators of the running `barkeep up`. */
const [FIRST, SECOND] = ['http://0.0.0.0:3000', 'http://0.0.0.0:40123'] as const;
test.each([
  ['the first coordinator, which listens on all addresses', 'http://127.0.0.1:3000/', 0],
  ['the second coordinator', 'http://localhost:40123', 0],
  ['another port', 'http://127.0.0.1:3001', 1],
  ['another machine', 'http://10.0.0.1:3000', 1],
])('when BARKEEP_URL names %s (%s), `barkeep datasets` exits with %d', async (_, url, expectedCode) => {
  up.publish({ role: UP_ROLE, coordinatorUrl: FIRST, coordinatorUrls: [FIRST, SECOND] });
  const { code, stderr } = await runBarkeep(['datasets', '--json'], folder, { PATH, HOME, BARKEEP_URL: url });
  expect({ code, isRefused: stderr.includes('expected DATABASE_URL') }).toEqual({
    code: expectedCode,
    isRefused: expectedCode === 1,
  });
});
