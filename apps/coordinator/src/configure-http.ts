/**
 * The order of the middleware before the routes: id and log, time, headers, key, deadline, body. The order is in one place because
 * it makes the service safe: no body is read before the key was checked.
 */
import { ApiKeys } from '@barkeep/service';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { accessLog, adminOnly, authenticate, consolePages, deadline, jsonBody } from './access/index.js';
import { queueBoard, QUEUES_PATH, timeRequests } from './observe/index.js';
import { openApiDocument, serveOpenApi } from './openapi/index.js';
import { type Surroundings, upkeepDefaults } from './runtime.js';

/** Prepares an application that was created with `bodyParser: false`; call it before `init` or `listen`. */
export function configureHttp(app: NestExpressApplication, surroundings: Surroundings): void {
  const { config, connections, logger, metrics } = surroundings;
  app.disable('x-powered-by');
  app.use(accessLog(logger));
  app.use(timeRequests(metrics));
  app.use(helmet({ contentSecurityPolicy, strictTransportSecurity: false }));
  app.use(authenticate(new ApiKeys(config.http.apiKeys, config.http.adminKeys)));
  app.use(consolePages());
  app.use(QUEUES_PATH, adminOnly, queueBoard(Object.values(connections.queues), config.http.queuesWritable));
  app.use(deadline(), ...jsonBody());
  serveOpenApi(app, openApiDocument(app, upkeepDefaults(config)));
}

/** All resources come from this server. The service may be reached without TLS, so no request is upgraded to it. */
const contentSecurityPolicy = {
  directives: { fontSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], upgradeInsecureRequests: null },
};
