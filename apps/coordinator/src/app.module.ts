/** The coordinator as a Nest application: connections, log, sessions and HTTP. */
import type { Tracing } from '@barkeep/observe';
import { type Config, type Connections, StopSequence } from '@barkeep/service';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { CONFIG, ConnectionsModule, TRACING } from './runtime/index.js';
import { HttpModule } from './http/index.js';
import { SessionsModule } from './sessions.module.js';

/** Objects that exist before the application and outlive it. */
export interface Surroundings {
  config: Config;
  connections: Connections;
  logger: Logger;
  stop: StopSequence;
  tracing: Tracing;
}

/** The configuration, the stop sequence and the traces, for every module. */
@Global()
@Module({})
export class SurroundingsModule {
  static of({ config, stop, tracing }: Surroundings): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: StopSequence, useValue: stop },
      { provide: TRACING, useValue: tracing },
    ];
    return { module: SurroundingsModule, providers, exports: providers };
  }
}

@Module({})
export class AppModule {
  static of(surroundings: Surroundings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SurroundingsModule.of(surroundings),
        ConnectionsModule.of(surroundings.connections),
        // The access log is express middleware (configure-http.ts), before everything else; this only uses its logger.
        LoggerModule.forRoot({ pinoHttp: { logger: surroundings.logger }, useExisting: true, forRoutes: ['{*path}'] }),
        HttpModule.register([SessionsModule.of(surroundings.config)]),
      ],
    };
  }
}
