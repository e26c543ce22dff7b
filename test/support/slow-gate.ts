/** A TCP gate in front of a real server that can be made slow: what goes to the server arrives later, in order. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface SlowGate {
  /** The server's URL, with the gate's host and port. */
  url: string;
  /** From now on everything arrives that much later. */
  slowDown(delayMs: number): void;
  close(): Promise<void>;
}

/** Puts a gate without delay in front of the server that `serverUrl` names. */
export async function slowGate(serverUrl: string, defaultPort: number): Promise<SlowGate> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let delayMs = 0;
  const server = createServer((near) => {
    const far = connect(Number(target.port) || defaultPort, target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket) && other.destroy());
    }
    near.on('data', (data: Buffer) => {
      if (delayMs === 0) far.write(data);
      else setTimeout(() => far.write(data), delayMs);
    });
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    slowDown: (ms) => (delayMs = ms),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
