/** The connections of the coordinator as a Nest module. */
import type { Connections } from '@barkeep/service';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Injection token of the queue Redis: an ioredis client that fails fast. */
export const QUEUE_REDIS = Symbol('QUEUE_REDIS');
/** Injection token of the session Redis: an ioredis client that fails fast. */
export const SESSION_REDIS = Symbol('SESSION_REDIS');
/** Injection token of the `Queues` on the queue Redis, for adding jobs. */
export const QUEUES = Symbol('QUEUES');

/** Makes the connections injectable everywhere. */
@Global()
@Module({})
export class ConnectionsModule {
  static of({ dataSource, queueRedis, sessionRedis, queues }: Connections): DynamicModule {
    const providers = [
      { provide: DataSource, useValue: dataSource },
      { provide: QUEUE_REDIS, useValue: queueRedis },
      { provide: SESSION_REDIS, useValue: sessionRedis },
      { provide: QUEUES, useValue: queues },
    ];
    return { module: ConnectionsModule, providers, exports: providers };
  }
}
