/** Zod schemas as the JSON Schemas of the OpenAPI document. */
import { z } from 'zod';
import type { OpenAPIObject } from '@nestjs/swagger';

/** What a component may be; the package does not export the types of its document one by one. */
type Component = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
export type ReferenceObject = Extract<Component, { $ref: string }>;
export type SchemaObject = Exclude<Component, { $ref: string }>;

/** The schema of what goes in (`input`) or comes out (`output`). */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): SchemaObject {
  const { $schema: _, ...converted } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema: made }) => {
      // Patterns of text that stands for a number or a time say less than the type does.
      if (made.type === 'integer' || made.format === 'date-time') delete made.pattern;
    },
  });
  return converted as SchemaObject;
}

/** The parameters of a query schema: name, schema, and whether it must be there. */
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
