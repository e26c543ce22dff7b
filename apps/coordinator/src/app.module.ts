/** The coordinator as a Nest application: the controllers of the HTTP API, and what they call. */
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { LoggerModule } from 'nestjs-pino';
import { ProblemFilter } from './access/index.js';
import { CONTROLLERS } from './http/index.js';
import { SessionService } from './lifecycle/index.js';
import { SURROUNDINGS, type Surroundings } from './runtime.js';
import { startSessions } from './sessions.js';

@Module({})
export class AppModule {
  static of(surroundings: Surroundings): DynamicModule {
    const pinoHttp = { logger: surroundings.logger };
    return {
      module: AppModule,
      // The access log is express middleware (configure-http.ts), before everything else; this only uses its logger.
      imports: [LoggerModule.forRoot({ pinoHttp, useExisting: true, forRoutes: ['{*path}'] })],
      controllers: CONTROLLERS,
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: SessionService, useFactory: () => startSessions(surroundings) },
        { provide: SURROUNDINGS, useValue: surroundings },
      ],
    };
  }
}
