import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tlsProblem } from '../tls-problem.js';
import { ServerRefusedError } from './await-server.js';
import { probeRedis } from './redis-probe.js';

let server: Server | undefined;
afterEach(() => server?.close());

/**
 * Starts a server that sends `reply` whenever bytes arrive. @param closes whether it then closes the connection
 * @returns its port, and a function for the text that it received
 */
async function answering(reply: string | Buffer, { closes = false } = {}) {
  let received = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      received += bytes.toString();
      socket.write(reply);
      if (closes) socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, received: () => received };
}

/** The error of a probe; undefined when the server is ready. */
const errorOf = (url: string) =>
  probeRedis(url).then(
    () => undefined,
    (error: unknown) => error,
  );

test('a server that answers is ready, and receives the user and the password', async () => {
  const { port, received } = await answering('+OK\r\n+PONG\r\n');
  await probeRedis(`redis://me:p%40ss@127.0.0.1:${port}/0`);
  expect(received()).toBe('*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$4\r\np@ss\r\n*1\r\n$4\r\nPING\r\n');
});

test.each([
  ['-DENIED Redis is running in protected mode\r\n', 'DENIED Redis is running in protected mode'],
  ['-NOAUTH Authentication required.\r\n', 'NOAUTH Authentication required.'],
  ['-WRONGPASS invalid username-password pair\r\n', 'WRONGPASS invalid username-password pair'],
  ['HTTP/1.1 400 Bad Request\r\n\r\n', '"HTTP/1.1 400 Bad Request", which is not the answer of a Redis server'],
])('the answer %j means wrong settings: %s', async (reply, message) => {
  const { port } = await answering(reply, { closes: true });
  expect(await errorOf(`redis://127.0.0.1:${port}`)).toEqual(new ServerRefusedError(message));
});

test('TLS to a plain port is an error of TLS', async () => {
  const { port } = await answering('-ERR unknown command\r\n');
  expect(tlsProblem(await errorOf(`rediss://127.0.0.1:${port}`))).toBe('no TLS (an answer that is not encrypted)');
});

test('a proxy that has no certificate yet is temporary', async () => {
  const internalError = Buffer.from([21, 3, 3, 0, 2, 2, 80]); // an alert of TLS
  const { port } = await answering(internalError);
  const error = await errorOf(`rediss://127.0.0.1:${port}`);
  expect(String(error)).toContain('alert internal error');
  expect(tlsProblem(error)).toBeUndefined();
});

test('a server that closes the connection without an answer is reported, with TLS as an unfinished handshake', async () => {
  const { port } = await answering('', { closes: true });
  const textOf = async (scheme: string) => String(await errorOf(`${scheme}://127.0.0.1:${port}`));
  expect(await textOf('redis')).toBe('Error: the server closed the connection without an answer');
  expect(await textOf('rediss')).toContain('before secure TLS connection was established');
});

test('a server that still loads its data, or that cannot be reached, does not mean wrong settings', async () => {
  const { port } = await answering('-LOADING Redis is loading the dataset in memory\r\n');
  expect(await errorOf(`redis://127.0.0.1:${port}`)).not.toBeInstanceOf(ServerRefusedError);
  expect(await errorOf('redis://127.0.0.1:1')).not.toBeInstanceOf(ServerRefusedError);
});
