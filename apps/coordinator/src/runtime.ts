/** What exists before the application and outlives it: configuration, connections, log, traces. */
import type { UpkeepDefaults } from '@barkeep/bars';
import type { Metrics, Tracing } from '@barkeep/observe';
import { type Config, type Connections, StopSequence } from '@barkeep/service';
import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Logger } from 'pino';

export interface Surroundings {
  config: Config;
  connections: Connections;
  logger: Logger;
  metrics: Metrics;
  stop: StopSequence;
  tracing: Tracing;
}

/** Injection token of the frozen `Config`. */
export const CONFIG = Symbol('CONFIG');
/** Injection token of the queue Redis: an ioredis client that fails fast. */
export const QUEUE_REDIS = Symbol('QUEUE_REDIS');
/** Injection token of the session Redis: an ioredis client that fails fast. */
export const SESSION_REDIS = Symbol('SESSION_REDIS');
/** Injection token of the `Queues` on the queue Redis, for adding jobs. */
export const QUEUES = Symbol('QUEUES');

/** Makes these providers injectable everywhere. */
@Global()
@Module({})
export class RuntimeModule {
  static of(providers: Provider[]): DynamicModule {
    return { module: RuntimeModule, providers, exports: providers };
  }
}

/** The upkeep of a session whose spec says nothing about it. */
export function upkeepDefaults({ upkeep }: Config): UpkeepDefaults {
  return { ...upkeep, everySeconds: upkeep.checkIntervalMs / 1000 };
}
