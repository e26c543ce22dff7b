/** The coordinator as a Nest application: its surroundings, sessions and HTTP. */
import { Metrics } from '@barkeep/observe';
import { StopSequence } from '@barkeep/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { DataSource } from 'typeorm';
import { HttpModule } from './http/index.js';
import { CONFIG, QUEUE_REDIS, QUEUES, RuntimeModule, SESSION_REDIS, type Surroundings } from './runtime.js';
import { SessionsModule } from './sessions.module.js';

@Module({})
export class AppModule {
  static of(surroundings: Surroundings): DynamicModule {
    const { config, connections, logger, metrics, stop } = surroundings;
    return {
      module: AppModule,
      imports: [
        RuntimeModule.of([
          { provide: CONFIG, useValue: config },
          { provide: DataSource, useValue: connections.dataSource },
          { provide: QUEUE_REDIS, useValue: connections.queueRedis },
          { provide: SESSION_REDIS, useValue: connections.sessionRedis },
          { provide: QUEUES, useValue: connections.queues },
          { provide: Metrics, useValue: metrics },
          { provide: StopSequence, useValue: stop },
        ]),
        // The access log is express middleware (configure-http.ts), before everything else; this only uses its logger.
        LoggerModule.forRoot({ pinoHttp: { logger }, useExisting: true, forRoutes: ['{*path}'] }),
        HttpModule.register([SessionsModule.of(surroundings)]),
      ],
    };
  }
}
