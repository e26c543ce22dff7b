/** The user of the session Redis that docs/deploying.md gives to strategies: it can follow a session, and cannot change its bars. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@barkeep/client';
import { SessionConsumers } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { RedisServer } from '../faults/lab/redis-server.js';
import { FOLLOWED_SPEC, FollowedServer } from '../support/sessions/followed-server.js';

const LOCKSTEP = { ...FOLLOWED_SPEC, pace: { mode: 'lockstep' } };
const DEPLOYING = join(__dirname, '../../docs/deploying.md');

const folder = mkdtempSync(join(tmpdir(), 'client-rights-'));
let redis: RedisServer;
let server: FollowedServer;
/** The address of the server, with the user and the password of the document. */
let userUrl: string;

beforeAll(async () => {
  redis = await RedisServer.start(folder);
  server = new FollowedServer(redis.url);
  userUrl = await createDocumentedUser();
});
afterAll(async () => {
  await server?.close();
  await redis?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command of the document that creates the user, with the key prefix of this test. @returns the address with the user */
async function createDocumentedUser(): Promise<string> {
  const [line, user, password] = /^ACL SETUSER (strategy) on >(\S+) .*$/m.exec(readFileSync(DEPLOYING, 'utf8'))!;
  const [command, ...args] = line.replaceAll('barkeep:', `${server.prefix}:`).match(/\([^)]*\)|\S+/g)!; // (…) is one argument
  await redis.client.call(command!, args);
  return redis.url.replace('//', `//${user}:${password}@`);
}

test('with the rights of the document a consumer gets what one with all rights gets, with a mirror, a reader and events', async () => {
  const { layout } = await server.finished(LOCKSTEP);
  for (const [consumer, address] of Object.entries({ all: redis.url, least: userUrl })) {
    const client = connect({ coordinator: 'http://127.0.0.1:9', redis: address, keyPrefix: server.prefix });
    const session = client.session(layout.id);
    for await (const { time } of session.follow({ consumer })) expect(time).toBeLessThanOrEqual(layout.end);
    const mirror = await session.mirror();
    const reader = await session.reader();
    expect(mirror.barCount('AAA')).toBe(await reader.barCount('AAA', '1m'));
    for await (const event of session.events({ from: 'beginning', types: ['consumer-joined'] })) {
      expect(event).toMatchObject({ type: 'consumer-joined' });
      break;
    }
    await client.close();
  }
  const [first, second] = await new SessionConsumers(server.redis, layout).list();
  expect(first!.deliveredHash).toBe(second!.deliveredHash);
  expect(second!.bars).toBeGreaterThan(0);
  const refused = (await redis.client.call('ACL', 'LOG')) as unknown[];
  expect(refused).toEqual([]);
});

test('a wrong password is an error that names the server', async () => {
  const address = userUrl.replace(/:[^:@]*@/, ':wrong@');
  const client = connect({ coordinator: 'http://127.0.0.1:9', redis: address, keyPrefix: server.prefix });
  const { host } = new URL(redis.url);
  const was = `expected the session Redis at ${host} to answer, was: WRONGPASS`;
  await expect(client.session('march').reader()).rejects.toThrow(was);
  await client.close();
});

test('with the rights of the document no command and no script changes a bar, removes a key, or reads another key', async () => {
  const { layout } = await server.finished(LOCKSTEP);
  const user = new Redis(userUrl);
  const chunk = (await server.keys(layout.id)).find((key) => key.includes(':chunk:'))!;
  const before = await server.dump(layout.id);
  await expect(user.setrange(chunk, 0, 'x')).rejects.toThrow('NOPERM');
  await expect(user.unlink(chunk)).rejects.toThrow('NOPERM');
  await expect(user.hset(chunk, 'field', 'x')).rejects.toThrow('NOPERM');
  await expect(user.flushall()).rejects.toThrow('NOPERM');
  await expect(user.get('another')).rejects.toThrow('NOPERM');
  await expect(user.eval("return redis.call('SETRANGE', KEYS[1], 0, 'x')", 1, chunk)).rejects.toThrow(
    /can't run this command|ACL failure/,
  );
  expect(await server.dump(layout.id)).toEqual(before);
  user.disconnect();
});
