/**
 * Starts an upkeep worker in this process. Everything that must end is registered with the stop sequence: first the
 * jobs (those that run are given their time, then told to stop), then the connections.
 */
import 'reflect-metadata';
import { type Config, openConnections, type RunningService, STOP_ORDER, StopSequence } from '@barkeep/service';
import { workerConnection } from '@barkeep/upkeep-queues';
import { NestFactory } from '@nestjs/core';
import { Logger as NestLogger } from 'nestjs-pino';
import pino from 'pino';
import { PROCESSORS, WorkerModule } from './worker.module.js';

/** Part of the stop's time after which jobs that still run are told to stop. */
const LAST_CALL = 0.7;

/** @throws what the server that cannot be reached says; nothing stays open then */
export async function startWorker(config: Config): Promise<RunningService> {
  const logger = pino({ level: config.log.level, base: { name: 'upkeep-worker', pid: process.pid } });
  const stop = new StopSequence(config.process.stopMs);
  const connections = await openConnections('upkeep-worker', config, logger);
  const queueConnection = workerConnection(config.services.redisUrl);
  stop.onStop('connections', STOP_ORDER.pools, async () => {
    queueConnection.disconnect();
    await connections.close();
  });
  try {
    const module = WorkerModule.of(config, connections, queueConnection, logger);
    const app = await NestFactory.createApplicationContext(module, { bufferLogs: true, abortOnError: false });
    app.useLogger(app.get(NestLogger));
    for (const processor of PROCESSORS) {
      const { worker } = app.get<{ worker: import('bullmq').Worker }>(processor);
      stop.onStop(worker.name, STOP_ORDER.upkeep, async () => {
        const lastCall = setTimeout(
          () => worker.cancelAllJobs('the worker is stopping'),
          config.process.stopMs * LAST_CALL,
        );
        await worker.close();
        clearTimeout(lastCall);
      });
    }
    stop.onStop('application', STOP_ORDER.http, () => app.close());
    logger.info('taking jobs');
    return { stop, logger };
  } catch (error) {
    await stop.run();
    throw error;
  }
}
