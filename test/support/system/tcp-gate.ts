/** A TCP gate in front of a real server. It can refuse, cut, freeze or delay the connections that go through it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A client's connection through the gate. */
interface Connection {
  toClient: Socket;
  toServer: Socket;
  /** True when it was closed to the server only. */
  isHalfOpen: boolean;
  /** The client's bytes that wait for their delay, oldest first. */
  delayed: Buffer[];
}

/** Puts an open gate in front of the server that `serverUrl` names. @param defaultPort for a URL without a port */
export async function tcpGate(serverUrl: string, defaultPort: number): Promise<TcpGate> {
  const gate = new TcpGate(serverUrl, defaultPort);
  await gate.open();
  return gate;
}

export class TcpGate {
  private readonly listener = createServer((toClient) => this.accept(toClient));
  /** 0, which stands for any free port, until the gate opens for the first time. */
  private port = 0;
  private target: URL;
  /** Open sockets, to clients and to the server. */
  private readonly sockets = new Set<Socket>();
  /** Connections that are open to both sides. */
  private readonly connections = new Set<Connection>();
  private isFrozen = false;
  private delayMs = 0;
  /** How many more bytes of answers pass before the gate freezes or cuts the connection. */
  private bytesLeft = Infinity;
  private atLimit: 'cut' | 'freeze' = 'cut';
  /** See {@link append}. */
  private appended: { ending: Buffer; more: Buffer } | undefined;

  /** Makes a gate that is shut; {@link tcpGate} makes an open one. */
  constructor(
    private readonly serverUrl: string,
    private readonly defaultPort: number,
  ) {
    this.target = new URL(serverUrl);
  }

  /** The server's URL, with the gate's host and port. */
  get url(): string {
    const url = new URL(this.serverUrl);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  /** Lets connections through, after {@link shut} on the same port as before. */
  async open(): Promise<void> {
    this.listener.listen(this.port, '127.0.0.1');
    await once(this.listener, 'listening');
    this.port = (this.listener.address() as AddressInfo).port;
  }

  /** Cuts all connections and refuses new ones. */
  async shut(): Promise<void> {
    const closed = once(this.listener, 'close');
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /**
   * Cuts all open connections, by a TCP reset or by an ordinary close, and waits until both ends are closed. New
   * connections are accepted.
   */
  async cut(how: 'reset' | 'closed'): Promise<void> {
    const closed = [...this.sockets].map((socket) => once(socket, 'close'));
    for (const socket of this.sockets) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    }
    await Promise.all(closed);
  }

  /** From now on bytes to the server are delayed by `delayMs`; they stay in order. */
  slowDown(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** Lets the next `bytes` bytes of answers on all connections pass. Then cuts the connection of the last byte, within an answer. */
  cutAfter(bytes: number): void {
    this.bytesLeft = bytes;
    this.atLimit = 'cut';
  }

  /** Lets the next `bytes` bytes of answers pass, then calls {@link freeze}. The rest of the last answer is lost. */
  freezeAfter(bytes: number): void {
    this.bytesLeft = bytes;
    this.atLimit = 'freeze';
  }

  /** From now on adds `more` to each answer that ends with `ending`, in the same packet. Undefined: adds nothing. */
  append(answer: { ending: Buffer; more: Buffer } | undefined): void {
    this.appended = answer;
  }

  /** A black hole: connections stay open, also new ones, but no byte passes until {@link thaw}. */
  freeze(): void {
    this.isFrozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.isFrozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  /**
   * Makes open connections half-open: the gate closes them to the server but not to the client, and drops the client's
   * bytes. New connections work.
   */
  halfOpen(): void {
    for (const connection of this.connections) {
      connection.isHalfOpen = true;
      connection.toServer.destroy();
    }
  }

  /** Sends new connections to the server that `serverUrl` names. */
  retarget(serverUrl: string): void {
    this.target = new URL(serverUrl);
  }

  private accept(toClient: Socket): void {
    const toServer = connect(Number(this.target.port) || this.defaultPort, this.target.hostname);
    const connection: Connection = { toClient, toServer, isHalfOpen: false, delayed: [] };
    this.connections.add(connection);
    for (const socket of [toClient, toServer]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined); // the socket closes next
      socket.on('close', () => this.closed(connection, socket));
      if (this.isFrozen) socket.pause();
    }
    toClient.on('data', (bytes: Buffer) => this.forward(connection, bytes));
    toServer.on('data', (bytes: Buffer) => this.answer(toClient, bytes));
  }

  /** Closes the other side, too, unless the gate closed a connection to the server only. */
  private closed(connection: Connection, socket: Socket): void {
    const { toClient, toServer, isHalfOpen } = connection;
    this.sockets.delete(socket);
    this.connections.delete(connection);
    if (socket === toClient) toServer.destroy();
    else if (!isHalfOpen) toClient.destroy();
  }

  /** Passes bytes of the client to the server. */
  private forward({ toServer, delayed }: Connection, bytes: Buffer): void {
    if (toServer.destroyed) return;
    // Each call sends the oldest bytes, so bytes stay in order.
    const sendOldest = (): void => {
      const oldest = delayed.shift()!;
      if (!toServer.destroyed) toServer.write(oldest);
    };
    delayed.push(bytes);
    // Without a delay, and with nothing before it in the queue: at once.
    if (this.delayMs === 0 && delayed.length === 1) sendOldest();
    else setTimeout(sendOldest, this.delayMs);
  }

  /** Passes bytes of the server to the client. */
  private answer(toClient: Socket, bytes: Buffer): void {
    const answer = this.withAppended(bytes);
    toClient.write(answer.subarray(0, Math.min(answer.length, this.bytesLeft)));
    this.bytesLeft -= answer.length;
    if (this.bytesLeft > 0) return;
    this.bytesLeft = Infinity;
    if (this.atLimit === 'freeze') this.freeze();
    else toClient.destroySoon();
  }

  private withAppended(bytes: Buffer): Buffer {
    if (!this.appended) return bytes;
    const { ending, more } = this.appended;
    return bytes.subarray(-ending.length).equals(ending) ? Buffer.concat([bytes, more]) : bytes;
  }
}
