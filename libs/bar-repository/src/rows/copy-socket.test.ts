/** I11 is an invariant of docs/ARCHITECTURE.md. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { socketFor } from './copy-socket.js';

/** The message that ends an answer: ReadyForQuery `Z`, of length 5, in state idle `I`. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
/** Starts a statement that the server must answer. */
const STATEMENT = 'Q';
/** How long the server may stay silent. */
const LIMIT_MS = 50;
/** Longer than the second after which the socket checks the limit again. */
const NEXT_CHECK_MS = 1_500;

const server = createServer();
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => server.close());

/** A connection: `near` is the socket under test, `far` the end of the server. */
async function connected(): Promise<{ near: Socket; far: Socket }> {
  const accepted = once(server, 'connection');
  const near = socketFor({}, () => LIMIT_MS).connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await accepted) as [Socket];
  far.on('error', () => undefined); // the socket under test closes the connection
  return { near, far };
}

test('I11 the connection to a server that does not answer a statement is closed', async () => {
  const { near } = await connected();
  near.write(STATEMENT);
  const [error] = (await once(near, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ETIMEDOUT');
});

test('I11 the connection to a server that stops in the middle of an answer is closed', async () => {
  const { near, far } = await connected();
  near.on('data', () => undefined);
  near.write(STATEMENT);
  far.write('half of an answer');
  const [error] = (await once(near, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ETIMEDOUT');
});

test('a connection that waits for the next statement stays', async () => {
  const { near, far } = await connected();
  near.on('data', () => undefined);
  near.write(STATEMENT);
  far.write(READY);
  await once(near, 'data');
  await delay(NEXT_CHECK_MS);
  expect(near.destroyed).toBe(false);
  near.destroy();
});
