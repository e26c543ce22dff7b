/** The client on a session Redis with TLS, an authority of its own and client certificates; and behind a proxy with HTTPS. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, CoordinatorUnreachableError, SessionRedisAwayError } from '@barkeep/client';
import { freePort } from '@barkeep/local-system';
import { SessionConsumers } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { RedisServer } from '../faults/lab/redis-server.js';
import { serveHttp } from '../support/system/http-server.js';
import { FOLLOWED_SPEC, FollowedServer } from '../support/sessions/followed-server.js';

const LOCKSTEP = { ...FOLLOWED_SPEC, pace: { mode: 'lockstep' } };
const CERTIFICATES = join(__dirname, '../fixtures/tls');
/** The file with a certificate or a key. */
const file = (name: string) => join(CERTIFICATES, name);
const contentOf = (name: string) => readFileSync(file(name));

const folder = mkdtempSync(join(tmpdir(), 'client-tls-'));
let tlsPort: number;
let redis: RedisServer;
/** Writes the sessions, on the port without TLS. */
let server: FollowedServer;

beforeAll(async () => {
  tlsPort = await freePort();
  redis = await RedisServer.start(folder, [
    `tls-port ${tlsPort}`,
    `tls-cert-file ${file('server.crt')}`,
    `tls-key-file ${file('server.key')}`,
    `tls-ca-cert-file ${file('ca.crt')}`,
    'tls-auth-clients yes',
  ]);
  server = new FollowedServer(redis.url);
});
afterAll(async () => {
  await server?.close();
  await redis?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A client that reaches only the session Redis. */
const clientOf = (address: string | Redis) =>
  connect({ coordinator: 'http://127.0.0.1:9', redis: address, keyPrefix: server.prefix });

test('a consumer with a certificate gets over TLS what a consumer without TLS gets, and its mirror has all bars', async () => {
  const { layout } = await server.finished(LOCKSTEP);
  const tls = { ca: contentOf('ca.crt'), cert: contentOf('client.crt'), key: contentOf('client.key') };
  const encrypted = new Redis(tlsPort, 'localhost', { tls });
  const addresses = { encrypted, plain: redis.url };
  const counts: Record<string, number> = {};
  for (const [consumer, address] of Object.entries(addresses)) {
    const client = clientOf(address);
    const session = client.session(layout.id);
    for await (const { time } of session.follow({ consumer })) expect(time).toBeLessThanOrEqual(layout.end);
    const mirror = await session.mirror();
    counts[consumer] = mirror.barCount('AAA');
    await client.close();
  }
  encrypted.disconnect();
  const [first, second] = await new SessionConsumers(server.redis, layout).list();
  expect(first!.deliveredHash).toBe(second!.deliveredHash);
  expect(counts['encrypted']).toBeGreaterThan(0);
  expect(counts['encrypted']).toBe(counts['plain']);
});

test('a session Redis whose certificate is not trusted is an error that says so, and what helps', async () => {
  const client = clientOf(`rediss://localhost:${tlsPort}/0`);
  const opened = client.session('march').reader();
  await expect(opened).rejects.toThrow(SessionRedisAwayError);
  await expect(opened).rejects.toThrow(
    /was: no connection: a certificate that is not trusted \(.*\); NODE_EXTRA_CA_CERTS/,
  );
  await client.close();
});

test('a call to a proxy whose certificate is not trusted fails at once, and says what helps', async () => {
  const proxy = createServer({ cert: contentOf('server.crt'), key: contentOf('server.key') }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const client = connect({ coordinator: `https://localhost:${port}`, redis: redis.url });
  const listed = client.sessions();
  await expect(listed).rejects.toThrow(CoordinatorUnreachableError);
  await expect(listed).rejects.toThrow(/was: a certificate that is not trusted \(.*\); NODE_EXTRA_CA_CERTS/);
  await client.close();
  proxy.close();
}, 10_000); // repeats would take longer

test('HTTPS to a coordinator without TLS fails at once', async () => {
  const { server: plain, url } = await serveHttp((_request, response) => response.end());
  const client = connect({ coordinator: url.replace('http:', 'https:'), redis: redis.url });
  await expect(client.sessions()).rejects.toThrow('was: no TLS (an answer that is not encrypted)');
  await client.close();
  plain.close();
}, 10_000); // repeats would take longer
