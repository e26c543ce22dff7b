/** Loads what Barkeep 0.1 left behind (test/fixtures/0.1) into the servers of a test system, under the prefixes of that system. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import type { TestSystem } from '../system/system.js';

export const FIXTURE = join(__dirname, '../../fixtures/0.1');

/** A Redis command: its name, the key, and its other arguments in base64. */
type Written = [command: string, key: string, ...encoded: string[]];

export async function loadFixture(system: TestSystem): Promise<void> {
  await system.query(unpacked('database.sql.gz'));
  await system.query(`UPDATE sessions SET deployment = $1 WHERE deployment = 'barkeep'`, [system.sessionPrefix]);
  // The sessions end now, so that their retention does not remove them during the test.
  await system.query('UPDATE sessions SET completed_at = now() WHERE completed_at IS NOT NULL');
  const { queue, session } = JSON.parse(unpacked('redis.json.gz')) as Record<'queue' | 'session', Written[]>;
  const { REDIS_URL, SESSION_REDIS_URL } = system.environment;
  await write(REDIS_URL!, queue, (key) => key.replace(/^bull:/, `${system.queuePrefix}:`));
  await write(SESSION_REDIS_URL!, session, (key) => key.replace(/^barkeep:/, `${system.sessionPrefix}:`));
}

function unpacked(name: string): string {
  return gunzipSync(readFileSync(join(FIXTURE, name))).toString('utf8');
}

async function write(url: string, commands: readonly Written[], named: (key: string) => string): Promise<void> {
  const redis = new Redis(url);
  try {
    for (const [command, key, ...encoded] of commands) {
      await redis.call(command, named(key), ...encoded.map((text) => Buffer.from(text, 'base64')));
    }
  } finally {
    redis.disconnect();
  }
}
