/** The coordinator as a Nest application: the controllers of the HTTP API, the services that they call, and the middleware. */
import { Metrics } from '@barkeep/observe';
import { ApiKeys, StopSequence } from '@barkeep/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import helmet from 'helmet';
import { LoggerModule } from 'nestjs-pino';
import * as access from './access/index.js';
import { CONTROLLERS } from './http/index.js';
import { SessionService } from './lifecycle/index.js';
import { openApiDocument, serveOpenApi } from './openapi/index.js';
import { APP_CONTEXT, type AppContext, upkeepDefaults } from './runtime.js';
import { startSessions } from './sessions.js';

@Module({})
export class AppModule {
  static of(context: AppContext): DynamicModule {
    const pinoHttp = { logger: context.logger };
    return {
      module: AppModule,
      // Requests are logged by `accessLog` below; this module only gives Nest the same logger.
      imports: [LoggerModule.forRoot({ pinoHttp, useExisting: true, forRoutes: ['{*path}'] })],
      controllers: CONTROLLERS,
      providers: [
        { provide: APP_FILTER, useClass: access.ProblemFilter },
        { provide: SessionService, useFactory: () => startSessions(context) },
        { provide: APP_CONTEXT, useValue: context },
      ],
    };
  }
}

/**
 * Adds the middleware to an application that was created with `bodyParser: false`; call it before `init` or `listen`. The order of
 * the middleware matters: id and log, time, headers, key, pages, deadline, body. No body is read before the key is checked.
 */
export function configureHttp(app: NestExpressApplication, context: AppContext): void {
  const { config, connections, logger, metrics } = context;
  app.disable('x-powered-by');
  app.use(access.accessLog(logger));
  app.use(access.timeRequests(metrics));
  app.use(helmet({ contentSecurityPolicy, strictTransportSecurity: false }));
  app.use(access.authenticate(new ApiKeys(config.http.apiKeys, config.http.adminKeys)));
  app.use(access.consolePages());
  app.use(access.QUEUES_PATH, access.queueBoard(Object.values(connections.queues), config.http.queuesWritable));
  app.use(access.deadline(), ...access.jsonBody());
  serveOpenApi(app, openApiDocument(app, upkeepDefaults(config)));
}

/**
 * The policy of all pages but the console's: resources come from this server. The service may be used without TLS, so requests are not
 * upgraded to HTTPS.
 */
const contentSecurityPolicy = {
  directives: { fontSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], upgradeInsecureRequests: null },
};

/**
 * The OpenAPI document that a coordinator with default settings serves at /docs-json, made without Postgres and Redis: for the
 * linter, and for programs that need only the document.
 */
export async function describeApi(): Promise<OpenAPIObject> {
  // No route is called, so this is only what the constructors of the controllers use.
  const context = { metrics: new Metrics(), stop: new StopSequence(0), connections: {} };
  const providers = [
    { provide: SessionService, useValue: {} },
    { provide: APP_CONTEXT, useValue: context },
  ];
  const described = { module: AppModule, controllers: CONTROLLERS, providers };
  const app = await NestFactory.create(described, { logger: false, abortOnError: false });
  try {
    return openApiDocument(app);
  } finally {
    await app.close();
  }
}
