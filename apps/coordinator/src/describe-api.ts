/** The OpenAPI document of the coordinator without its servers: for the linter and for programs that want the file alone. */
import { Metrics } from '@barkeep/observe';
import { StopSequence } from '@barkeep/service';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { CONTROLLERS } from './http/index.js';
import { SessionService } from './lifecycle/index.js';
import { openApiDocument } from './openapi/index.js';
import { SURROUNDINGS } from './runtime.js';

/** Stands for what the controllers call; describing them calls nothing else of it. */
const surroundings = { metrics: new Metrics(), stop: new StopSequence(0), connections: {} };

@Module({
  controllers: CONTROLLERS,
  providers: [
    { provide: SessionService, useValue: {} },
    { provide: SURROUNDINGS, useValue: surroundings },
  ],
})
class DescribedModule {}

/** The document that a coordinator with default settings serves at /docs-json. */
export async function describeApi(): Promise<OpenAPIObject> {
  const app = await NestFactory.create(DescribedModule, { logger: false, abortOnError: false });
  try {
    return openApiDocument(app);
  } finally {
    await app.close();
  }
}
