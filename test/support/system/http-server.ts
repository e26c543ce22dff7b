/** An HTTP server for a test, on a free port of the loopback address. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpServer {
  url: string;
  server: Server;
  /** Stops listening, and waits until all connections have ended. */
  close: () => Promise<void>;
}

/** Starts a server. @param listener for example an Express app */
export async function serveHttp(listener: RequestListener): Promise<HttpServer> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, close };
}
