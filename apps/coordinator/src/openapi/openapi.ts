/**
 * The OpenAPI document, served at /docs for people and at /docs-json for programs. Its JSON Schemas come from the zod schemas of
 * `@barkeep/api`.
 */
import * as api from '@barkeep/api';
import { sessionSpecSchema, type UpkeepDefaults } from '@barkeep/bars';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { barkeepVersion } from '@barkeep/service';
import { z } from 'zod';

const DESCRIPTION = `Streams one-minute bars into sessions, moves their simulated clock and keeps their data complete.

Times in answers are ISO 8601 UTC; requests take ISO times with a zone, dates or epoch milliseconds. Nothing past a session's
clock can be read. Errors are problem documents (RFC 9457); each \`type\` has exactly one cause.`;

export const SECURITY: Record<string, string[]>[] = [{ apiKey: [] }, { bearer: [] }];

/**
 * Describes every route of the application, and the pages that no controller serves.
 * @param upkeepDefaults the service's defaults for a spec's `upkeep`, shown in its schema. Without them the schema shows the built-in ones
 */
export function openApiDocument(app: INestApplication, upkeepDefaults?: UpkeepDefaults): OpenAPIObject {
  const description = 'one of the keys in BARKEEP_API_KEYS or BARKEEP_ADMIN_KEYS';
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Barkeep')
    .setDescription(DESCRIPTION)
    .setVersion(barkeepVersion())
    .addSecurity('bearer', { type: 'http', scheme: 'bearer', description })
    .addSecurity('apiKey', { type: 'apiKey', in: 'header', name: 'X-API-Key' })
    .addTag('sessions', 'Creating, controlling and removing sessions')
    .addTag('data', 'Bars, quality, events and certificates of a session')
    .addTag('operation', 'Health, metrics and pages for operators')
    .build();
  const operationIdFactory = (_controller: string, method: string) => method;
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory });
  Object.assign((document.components ??= {}), { schemas: schemas(upkeepDefaults) });
  Object.assign(document.paths, pages());
  return document;
}

export function serveOpenApi(app: INestApplication, document: OpenAPIObject): void {
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Barkeep API',
  });
}

/** The components of the document, by name. A schema such as `sessionAnswer` of `@barkeep/api` is the component `Session`. */
function schemas(upkeepDefaults?: UpkeepDefaults): Record<string, SchemaObject> {
  const answers = Object.entries(api).flatMap(([name, schema]) => {
    if (!name.endsWith('Answer') || !(schema instanceof z.ZodType)) return [];
    const component = name[0]!.toUpperCase() + name.slice(1, -'Answer'.length);
    return [[component, jsonSchema(schema, 'output')] as const];
  });
  return {
    ...Object.fromEntries(answers),
    SessionSpec: jsonSchema(sessionSpecSchema(upkeepDefaults), 'input'),
    FedBar: jsonSchema(api.fedBarInput, 'input'),
    UpkeepRequest: jsonSchema(api.upkeepInput, 'input'),
    // All events in one schema: each property is the name of an event, and its schema is what the event contains.
    Events: jsonSchema(z.strictObject(api.eventAnswers), 'output'),
  };
}

function pages(): OpenAPIObject['paths'] {
  const page = (operationId: string, summary: string, mediaType: string): OpenAPIObject['paths'][string] => ({
    get: {
      operationId,
      tags: ['operation'],
      summary,
      security: SECURITY,
      responses: {
        200: { description: 'the page', content: { [mediaType]: {} } },
        401: { description: 'A valid API key is required' },
      },
    },
  });
  return {
    '/docs': page('readDocs', 'This document, for people', 'text/html'),
    '/docs-json': page('readDocument', 'This document', 'application/json'),
    '/queues': page('readQueues', 'The queue dashboard; needs an admin key', 'text/html'),
  };
}

/** A component of the document: a schema, or a reference to one. `@nestjs/swagger` does not export these types. */
type Component = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type ReferenceObject = Extract<Component, { $ref: string }>;
export type SchemaObject = Exclude<Component, { $ref: string }>;

/** Converts a zod schema into the JSON Schema of requests (`input`) or answers (`output`). */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): SchemaObject {
  const { $schema: _, ...document } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema: converted }) => {
      // The type or the format already says what the value looks like; a regular expression only adds noise.
      if (converted.type === 'integer' || converted.format === 'date-time') delete converted.pattern;
    },
  });
  return document as SchemaObject;
}

/** The parameters of a query schema: name, schema and whether it is required. */
export function queryParameters(schema: z.ZodType): { name: string; schema: SchemaObject; required: boolean }[] {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input');
  return Object.entries(properties).map(([name, property]) => ({
    name,
    schema: property as SchemaObject,
    required: required.includes(name),
  }));
}

export function componentRef(name: string): ReferenceObject {
  return { $ref: `#/components/schemas/${name}` };
}
