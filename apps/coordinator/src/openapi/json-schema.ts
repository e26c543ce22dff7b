/** Zod schemas as the JSON Schemas of the OpenAPI document. */
import { z } from 'zod';
import type { OpenAPIObject } from '@nestjs/swagger';

/** A component of the document; `@nestjs/swagger` does not export this type. */
type Component = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
export type ReferenceObject = Extract<Component, { $ref: string }>;
export type SchemaObject = Exclude<Component, { $ref: string }>;

/** The JSON Schema of requests (`input`) or answers (`output`). */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): SchemaObject {
  const { $schema: _, ...converted } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema: made }) => {
      // For numbers and times the type says more than the pattern of their text.
      if (made.type === 'integer' || made.format === 'date-time') delete made.pattern;
    },
  });
  return converted as SchemaObject;
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

/** A reference to one of the document's components. */
export function componentRef(name: string): ReferenceObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** The schema of server-sent events; the component `Events` has the data of each type. OpenAPI 3.1 allows both keywords. */
export function eventStreamSchema(): SchemaObject {
  const schema = { type: 'string', contentMediaType: 'text/event-stream', contentSchema: componentRef('Events') };
  return schema;
}
