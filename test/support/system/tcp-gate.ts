/** A TCP gate in front of a real server. It can refuse, cut, freeze or delay the connections that go through it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpGate {
  /** The server's URL, with the gate's host and port. */
  url: string;
  /** Cuts all connections and refuses new ones. */
  shut(): Promise<void>;
  /**
   * Cuts all open connections, by a TCP reset or by an ordinary close, and waits until both ends are closed. New
   * connections are accepted.
   */
  cut(how: 'reset' | 'closed'): Promise<void>;
  /** Lets connections through again, on the same port. */
  open(): Promise<void>;
  /** From now on bytes to the server are delayed by `delayMs`; they stay in order. */
  slowDown(delayMs: number): void;
  /** Cuts the connection in the middle of an answer, when the server has sent `bytes` more bytes on it. */
  cutAfter(bytes: number): void;
  /** Calls {@link freeze} after the next `bytes` bytes of answers. The rest of the last answer is lost. */
  freezeAfter(bytes: number): void;
  /** From now on adds `more` to each answer that ends with `ending`, in the same packet. Undefined: adds nothing. */
  append(answer: { ending: Buffer; more: Buffer } | undefined): void;
  /** A black hole: connections stay open, also new ones, but no byte passes until {@link thaw}. */
  freeze(): void;
  thaw(): void;
  /**
   * Makes open connections half-open: the gate closes them to the server but not to the client, and drops the client's
   * bytes. New connections work.
   */
  halfOpen(): void;
  /** Sends new connections to another port of the server. */
  retarget(serverUrl: string): void;
}

/** Puts an open gate in front of the server that `serverUrl` names. @param defaultPort for a URL without a port */
export async function tcpGate(serverUrl: string, defaultPort: number): Promise<TcpGate> {
  let target = new URL(serverUrl);
  let isFrozen = false;
  let delayMs = 0;
  let bytesLeft = Infinity;
  let freezesAtLimit = false;
  let appended: { ending: Buffer; more: Buffer } | undefined;
  const sockets = new Set<Socket>();
  /** A function for each connection that makes it half-open. */
  const halfOpeners = new Set<() => void>();
  const freeze = (): void => {
    isFrozen = true;
    for (const socket of sockets) socket.pause();
  };
  // `near` is the socket to the client, `far` the one to the server.
  const server = createServer((near) => {
    const far = connect(Number(target.port) || defaultPort, target.hostname);
    let isHalfOpen = false;
    const halfOpen = (): void => {
      isHalfOpen = true;
      far.destroy();
    };
    halfOpeners.add(halfOpen);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => !isHalfOpen && other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        halfOpeners.delete(halfOpen);
        if (!isHalfOpen || socket === near) other.destroy();
      });
    }
    if (isFrozen) for (const socket of [near, far]) socket.pause();
    const delayed: Buffer[] = [];
    const sendOldest = (): void => {
      const data = delayed.shift()!;
      if (!far.destroyed) far.write(data);
    };
    near.on('data', (data: Buffer) => {
      if (far.destroyed) return;
      // Each timer sends the oldest bytes, so bytes stay in order.
      delayed.push(data);
      if (delayMs === 0 && delayed.length === 1) sendOldest();
      else setTimeout(sendOldest, delayMs);
    });
    far.on('data', (bytes: Buffer) => {
      const { ending, more } = appended ?? {};
      const isEnding = ending && more && bytes.subarray(-ending.length).equals(ending);
      const data = isEnding ? Buffer.concat([bytes, more]) : bytes;
      near.write(data.subarray(0, Math.min(data.length, bytesLeft)));
      bytesLeft -= data.length;
      if (bytesLeft > 0) return;
      bytesLeft = Infinity;
      if (freezesAtLimit) freeze();
      else near.destroySoon();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    async shut() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async cut(how) {
      const closed = [...sockets].map((socket) => once(socket, 'close'));
      for (const socket of sockets)
        if (how === 'reset') socket.resetAndDestroy();
        else socket.destroy();
      await Promise.all(closed);
    },
    async open() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    slowDown: (ms) => (delayMs = ms),
    cutAfter: (bytes) => ([bytesLeft, freezesAtLimit] = [bytes, false]),
    freezeAfter: (bytes) => ([bytesLeft, freezesAtLimit] = [bytes, true]),
    append: (answer) => (appended = answer),
    freeze,
    thaw() {
      isFrozen = false;
      for (const socket of sockets) socket.resume();
    },
    halfOpen() {
      for (const halfOpen of halfOpeners) halfOpen();
    },
    retarget: (newUrl) => (target = new URL(newUrl)),
  };
}
