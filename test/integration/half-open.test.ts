import { producerConnection, workerConnection } from '@barkeep/upkeep-queues';
import { tcpGate, type TcpGate } from '../support/tcp-gate.js';

let gate: TcpGate;
beforeEach(async () => (gate = await tcpGate(process.env['REDIS_URL']!, 6379)));
afterEach(() => gate.shut());

test.each([
  ['adds jobs', producerConnection],
  ['runs jobs', workerConnection],
])(
  'I11 a half-open connection that %s is given up and works again',
  async (_, connectionTo) => {
    const redis = connectionTo(gate.url);
    try {
      expect(await redis.ping()).toBe('PONG');
      gate.halfOpen();
      // A producer's first command fails after its time, a worker's is sent again on the new connection.
      await redis.ping().catch(() => undefined);
      expect(await redis.ping()).toBe('PONG');
    } finally {
      redis.disconnect();
    }
  },
  40_000,
);
