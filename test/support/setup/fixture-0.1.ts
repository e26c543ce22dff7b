/**
 * Loads the data of a Barkeep 0.1 system (test/fixtures/0.1) into the servers of a test system: the database, and the
 * keys of both Redis servers under the test system's prefixes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import type { TestSystem } from '../system/system.js';

export const FIXTURE = join(__dirname, '../../fixtures/0.1');

/** A Redis command that writes a key. The arguments after the key are in base64. */
type WriteCommand = [command: string, key: string, ...encoded: string[]];

export async function loadFixture(system: TestSystem): Promise<void> {
  await system.query(unpacked('database.sql.gz'));
  // Makes the sessions those of the test system.
  await system.query(`UPDATE sessions SET deployment = $1 WHERE deployment = 'barkeep'`, [system.sessionPrefix]);
  // As if the completed sessions ended now, so that their retention does not remove them during the test.
  await system.query('UPDATE sessions SET completed_at = now() WHERE completed_at IS NOT NULL');
  const { queue, session } = JSON.parse(unpacked('redis.json.gz')) as Record<'queue' | 'session', WriteCommand[]>;
  const { REDIS_URL, SESSION_REDIS_URL } = system.environment;
  await write(REDIS_URL!, queue, (key) => key.replace(/^bull:/, `${system.queuePrefix}:`));
  await write(SESSION_REDIS_URL!, session, (key) => key.replace(/^barkeep:/, `${system.sessionPrefix}:`));
}

function unpacked(name: string): string {
  return gunzipSync(readFileSync(join(FIXTURE, name))).toString('utf8');
}

/** @param keyFor the key in the test system for a key of the fixture */
async function write(url: string, commands: readonly WriteCommand[], keyFor: (key: string) => string): Promise<void> {
  const redis = new Redis(url);
  try {
    for (const [command, key, ...encoded] of commands) {
      await redis.call(command, keyFor(key), ...encoded.map((text) => Buffer.from(text, 'base64')));
    }
  } finally {
    redis.disconnect();
  }
}
