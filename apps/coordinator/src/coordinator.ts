/**
 * Starts a coordinator in this process: connections, schema, application, port. Everything that has to be stopped is registered
 * with the stop sequence, so that `stop.run()` stops it in the right order. `runService`, which main.ts calls, handles signals.
 */
import { addProcessMetrics, createLogger, Metrics, startTracing } from '@barkeep/observe';
import { type Config, openConnections, type RunningService, STOP_ORDER, StopSequence } from '@barkeep/service';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger as NestLogger } from 'nestjs-pino';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { AppModule, configureHttp } from './app.js';
import { addQueueMetrics } from './figures/index.js';

export interface Coordinator extends RunningService {
  /** Address on which it listens, such as `http://127.0.0.1:3000`. */
  url: string;
  app: NestExpressApplication;
}

/** A connection without a request is kept this long: a little longer than common load balancers keep theirs (60 s). */
const KEEP_ALIVE_MS = 65_000;
/** How often a stop closes connections that have become idle. */
const IDLE_CHECK_MS = 50;
/** Unfinished requests are aborted after this share of the time that a stop may take. */
const REQUESTS_SHARE_OF_STOP = 0.8;

/** Starts a coordinator. @throws the error of a server that cannot be reached; everything is closed again then */
export async function startCoordinator(config: Config): Promise<Coordinator> {
  const logger = await createLogger('coordinator', config.log);
  const stop = new StopSequence(config.process.stopMs);
  const tracing = await startTracing('coordinator', config.tracing.endpoint);
  stop.onStop('traces', STOP_ORDER.pools, () => tracing.stop());
  try {
    const connections = await openConnections('coordinator', config, logger, tracing.queues);
    stop.onStop('connections', STOP_ORDER.pools, () => connections.close());
    const metrics = new Metrics();
    const context = { config, connections, logger, metrics, stop, tracing };
    const module = AppModule.of(context);
    const options = { bodyParser: false, bufferLogs: true, abortOnError: false };
    const app = await NestFactory.create<NestExpressApplication>(module, options);
    app.useLogger(app.get(NestLogger));
    addProcessMetrics(metrics, 'coordinator', connections);
    addQueueMetrics(metrics, connections.queues, connections.queueRedis, config.queues.prefix);
    configureHttp(app, context);
    const url = await listen(app, config, logger);
    registerHttpStop(app, stop, config.process.stopMs);
    announce(config, url, logger);
    return { url, app, stop, logger };
  } catch (error) {
    await stop.run();
    throw error;
  }
}

/** Opens the port. @returns the address on which the service listens */
async function listen(app: NestExpressApplication, { http }: Config, logger: Logger): Promise<string> {
  await app.listen(http.port, http.host);
  const server: Server = app.getHttpServer();
  // When a connection cannot be accepted, for example because no file descriptor is free, the process must not end.
  server.on('error', (error) => logger.warn({ error: error.message }, 'http server'));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // A request whose caller's machine is gone, such as that of a feeder, would stay open without end.
  server.on('connection', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
  // 0: no limit, because a feeding request may last for hours; all other requests have to be answered within the deadline.
  server.requestTimeout = 0;
  const { port } = server.address() as AddressInfo;
  const host = http.host.includes(':') ? `[${http.host}]` : http.host; // an IPv6 address is in brackets
  return `http://${host}:${port}`;
}

/** Registers the stop of the server: it refuses new connections at once, and closes open ones when their requests have ended. */
function registerHttpStop(app: NestExpressApplication, stop: StopSequence, stopMs: number): void {
  const server: Server = app.getHttpServer();
  let closed: Promise<void> | undefined;
  stop.onStop('listening', STOP_ORDER.accepting, () => {
    closed = new Promise((resolve) => server.close(() => resolve()));
  });
  stop.onStop('requests', STOP_ORDER.http, async () => {
    // A busy connection becomes idle later. One that never does must not keep the process running.
    const idleTimer = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    const abortTimer = setTimeout(() => server.closeAllConnections(), stopMs * REQUESTS_SHARE_OF_STOP);
    await closed;
    clearInterval(idleTimer);
    clearTimeout(abortTimer);
    await app.close();
  });
}

function announce({ http }: Config, url: string, logger: Logger): void {
  logger.info({ url, docs: `${url}/docs`, queues: `${url}/queues` }, `listening on ${url}`);
  if (http.apiKeys.length + http.adminKeys.length > 0) return;
  logger.warn(
    `no API keys are configured, so only this machine can reach the service (it listens on ${http.host} only)`,
  );
}
