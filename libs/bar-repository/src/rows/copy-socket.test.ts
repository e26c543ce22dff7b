import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { socketFor } from './copy-socket.js';

const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const LIMIT_MS = 50;
const server = createServer();
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => server.close());

async function connected(): Promise<{ near: Socket; far: Socket }> {
  const accepted = once(server, 'connection');
  const near = socketFor({}, () => LIMIT_MS).connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await accepted) as [Socket];
  far.on('error', () => undefined);
  return { near, far };
}

test('I11 a server that does not answer a statement is given up', async () => {
  const { near } = await connected();
  near.write('Q');
  const [error] = (await once(near, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ETIMEDOUT');
});

test('I11 a server that stops in the middle of an answer is given up', async () => {
  const { near, far } = await connected();
  near.on('data', () => undefined);
  near.write('Q');
  far.write('half of an answer');
  const [error] = (await once(near, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ETIMEDOUT');
});

test('a connection that waits for the next statement stays', async () => {
  const { near, far } = await connected();
  near.on('data', () => undefined);
  near.write('Q');
  far.write(READY);
  await once(near, 'data');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(near.destroyed).toBe(false);
  near.destroy();
});
