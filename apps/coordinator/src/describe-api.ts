/** The OpenAPI document of the coordinator without its servers: for the linter and for programs that want the file alone. */
import { Metrics } from '@barkeep/observe';
import { barkeepVersion, StopSequence } from '@barkeep/service';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { HttpModule } from './http/index.js';
import { SessionService } from './lifecycle/index.js';
import { openApiDocument } from './openapi/index.js';
import { CONFIG, QUEUE_REDIS, QUEUES, RuntimeModule, SESSION_REDIS } from './runtime.js';

/** Stands for what the controllers call; describing them calls nothing. */
const unused = [SessionService, DataSource, QUEUE_REDIS, QUEUES, SESSION_REDIS, CONFIG].map((provide) => ({
  provide,
  useValue: {},
}));

/** The document that a coordinator with default settings serves at /docs-json. */
export async function describeApi(): Promise<OpenAPIObject> {
  const stop = { provide: StopSequence, useValue: new StopSequence(0) };
  const module = HttpModule.register([RuntimeModule.of([...unused, Metrics, stop])]);
  const app = await NestFactory.create(module, { logger: false, abortOnError: false });
  try {
    return openApiDocument(app, undefined, barkeepVersion());
  } finally {
    await app.close();
  }
}
