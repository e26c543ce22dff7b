/** The OpenAPI document: /docs for people, /docs-json for programs. */
import { sessionSpecSchema, type UpkeepDefaults } from '@barkeep/bars';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import * as answers from './answers.js';
import { jsonSchema, type SchemaObject } from './json-schema.js';

const DESCRIPTION = `Streams one-minute bars into sessions, moves their simulated clock and keeps their data complete.

Times in answers are ISO 8601 UTC; requests take ISO times with a zone, dates or epoch milliseconds. Nothing past a session's
clock can be read. Errors are problem documents (RFC 9457) whose \`type\` names the cause for ever.`;

/** Describes every route of the application, and the pages beside it. */
export function openApiDocument(app: INestApplication, upkeepDefaults: UpkeepDefaults, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Barkeep')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .addSecurity('bearer', { type: 'http', scheme: 'bearer', description: 'a key of BARKEEP_API_KEYS' })
    .addSecurity('apiKey', { type: 'apiKey', in: 'header', name: 'X-API-Key' })
    .addTag('sessions')
    .addTag('data')
    .addTag('operation')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  Object.assign((document.components ??= {}), { schemas: schemas(upkeepDefaults) });
  Object.assign(document.paths, pages());
  return document;
}

/** Serves the document. */
export function serveOpenApi(app: INestApplication, document: OpenAPIObject): void {
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Barkeep API',
  });
}

function schemas(upkeepDefaults: UpkeepDefaults): Record<string, SchemaObject> {
  return {
    SessionSpec: jsonSchema(sessionSpecSchema(upkeepDefaults), 'input'),
    Session: jsonSchema(answers.sessionAnswer, 'output'),
    SessionPage: jsonSchema(answers.sessionPageAnswer, 'output'),
    Bar: jsonSchema(answers.barAnswer, 'output'),
    Metrics: jsonSchema(answers.metricsAnswer, 'output'),
    Gap: jsonSchema(answers.gapAnswer, 'output'),
    Certificate: jsonSchema(answers.certificateAnswer, 'output'),
    Digest: jsonSchema(answers.digestAnswer, 'output'),
    Symbol: jsonSchema(answers.symbolAnswer, 'output'),
    FedBar: jsonSchema(answers.fedBarInput, 'input'),
    Fed: jsonSchema(answers.fedAnswer, 'output'),
    FeedEnd: jsonSchema(answers.feedEndAnswer, 'output'),
    Upkeep: jsonSchema(answers.upkeepAnswer, 'output'),
    Live: jsonSchema(answers.liveAnswer, 'output'),
    Ready: jsonSchema(answers.readyAnswer, 'output'),
    Problem: jsonSchema(answers.problemAnswer, 'output'),
  };
}

/** What is served beside the controllers. */
function pages(): OpenAPIObject['paths'] {
  const page = (summary: string, mediaType: string): OpenAPIObject['paths'][string] => ({
    get: {
      tags: ['operation'],
      summary,
      security: [{ bearer: [] }, { apiKey: [] }],
      responses: {
        200: { description: 'the page', content: { [mediaType]: {} } },
        401: { description: 'A valid API key is needed' },
      },
    },
  });
  return {
    '/docs': page('This document, for people', 'text/html'),
    '/docs-json': page('This document', 'application/json'),
    '/queues': page('The queue dashboard; needs an admin key', 'text/html'),
  };
}
