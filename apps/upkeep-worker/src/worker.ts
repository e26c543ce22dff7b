/** Starts an upkeep worker in this process. A stop waits for running jobs, cancels slow ones, then closes the connections. */
import 'reflect-metadata';
import { type Config, openConnections, type RunningService, STOP_ORDER, StopSequence } from '@barkeep/service';
import { noteJobTaken, onceASecond, workerConnection } from '@barkeep/upkeep-queues';
import { addProcessMetrics, createLogger, Metrics, startOperatorServer, startTracing } from '@barkeep/observe';
import { NestFactory } from '@nestjs/core';
import { Logger as NestLogger } from 'nestjs-pino';
import { upkeepFigures } from './upkeep-figures.js';
import { processorsOf, WorkerModule } from './worker.module.js';

/** Running jobs are cancelled after this share of the time that a stop may take. */
const CANCEL_SHARE_OF_STOP = 0.7;

/**
 * Starts a worker. Resolves when it takes jobs.
 * @throws WrongServerError when a server refuses this client, or the error of a part that cannot start; then no connection stays open
 */
export async function startWorker(config: Config): Promise<RunningService & { metrics: Metrics }> {
  const logger = await createLogger('upkeep-worker', config.log);
  const stop = new StopSequence(config.process.stopMs);
  const tracing = await startTracing('upkeep-worker', config.tracing.endpoint);
  stop.onStop('traces', STOP_ORDER.pools, () => tracing.stop());
  try {
    const connections = await openConnections('upkeep-worker', config, logger, tracing.queues);
    const queueConnection = workerConnection(config.services.redisUrl);
    stop.onStop('connections', STOP_ORDER.pools, async () => {
      queueConnection.disconnect();
      await connections.close();
    });
    const metrics = new Metrics();
    addProcessMetrics(metrics, 'upkeep-worker', connections);
    const figures = upkeepFigures(metrics);
    const processors = await processorsOf(config, connections, queueConnection, logger, figures, tracing);
    const module = WorkerModule.of(processors, config, queueConnection, logger);
    const app = await NestFactory.createApplicationContext(module, { bufferLogs: true, abortOnError: false });
    app.useLogger(app.get(NestLogger));
    // Tells the coordinators that a worker takes jobs. A failed write does no harm: the next job writes again.
    const noteActivity = onceASecond(() => {
      noteJobTaken(connections.queueRedis, config.queues.prefix).catch(() => undefined);
    });
    for (const processor of processors) {
      const { worker } = app.get(processor);
      figures.watch(worker);
      worker.on('active', noteActivity);
      stop.onStop(worker.name, STOP_ORDER.upkeep, async () => {
        const cancelJobs = () => worker.cancelAllJobs('the worker is stopping');
        const cancel = setTimeout(cancelJobs, config.process.stopMs * CANCEL_SHARE_OF_STOP);
        await worker.close().finally(() => clearTimeout(cancel));
      });
    }
    stop.onStop('application', STOP_ORDER.http, () => app.close());
    const { port } = config.worker;
    const server = port === 0 ? undefined : await startOperatorServer(port, config, connections, metrics);
    if (server) stop.onStop('metrics and health', STOP_ORDER.http, () => server.close());
    const url = server?.url;
    logger.info({ url }, url ? `taking jobs; metrics at ${url}/metrics` : 'taking jobs');
    return { url, stop, logger, metrics };
  } catch (error) {
    await stop.run();
    throw error;
  }
}
