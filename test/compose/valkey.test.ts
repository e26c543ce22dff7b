/** The system of docker-compose.yml with Valkey instead of Redis, and with keys of the user. Needs a Docker engine. */
import { inspectRedis } from '@barkeep/local-system';
import { importMarket, marketSpec } from '../support/system/compose-market.js';
import { completed, ComposeSystem } from '../support/system/compose-system.js';

const FILES = ['docker-compose.yml', 'docker-compose.valkey.yml'];
const CHOSEN = {
  BARKEEP_API_KEYS: 'user-key-that-a-user-chose',
  BARKEEP_ADMIN_KEYS: 'admin-key-that-a-user-chose',
  REDIS_PASSWORD: 'redis-password-that-a-user-chose',
};
const SESSION_MS = 180_000;

jest.setTimeout(900_000);

let system: ComposeSystem;

beforeAll(async () => {
  system = await ComposeSystem.create('barkeep-valkey', FILES, CHOSEN);
  await system.up('--build');
});

afterAll(async () => {
  expect(await system.remove()).toEqual([]); // nothing is left
});

test('the system uses and requires the keys that the user chose', async () => {
  const { REDIS_PASSWORD, ...keys } = CHOSEN;
  const shown = await system.keys();
  expect(shown).toMatchObject(keys);
  expect(shown['REDIS_URL']).toContain(REDIS_PASSWORD);
  const statusWith = async (key?: string) => (await system.api(1, key).call('GET', '/v1/sessions')).status;
  expect(await statusWith()).toBe(401);
  expect(await statusWith('another-key')).toBe(401);
  expect(await statusWith(CHOSEN.BARKEEP_API_KEYS)).toBe(200);
});

test('I1 two sessions on Valkey end with the same digest', async () => {
  const shown = await system.keys();
  const { version, problems } = await inspectRedis(shown['SESSION_REDIS_URL']!);
  expect(version).toMatch(/^Valkey 8\./);
  expect(problems).toEqual([]);
  await importMarket(system);
  const [first, second] = [system.api(1, CHOSEN.BARKEEP_ADMIN_KEYS), system.api(2, CHOSEN.BARKEEP_ADMIN_KEYS)];
  await Promise.all([first.run(marketSpec('one')), second.run(marketSpec('two'))]);
  const { counts } = await completed(second, 'one', SESSION_MS);
  expect(counts.backfilled).toBeGreaterThan(0);
  await completed(first, 'two', SESSION_MS);
  expect(await first.digest('one')).toBe(await second.digest('two'));
});
