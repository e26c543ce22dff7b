/**
 * `@Operation`: everything about a route but its path: what it takes, what it answers, which problems it has, with
 * examples. The OpenAPI document is made from it, and the query guard checks requests against the same schema.
 */
import { PROBLEM_JSON, PROBLEM_KINDS, problem, problemExample, type ProblemKind } from '@barkeep/api';
import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { componentRef, jsonSchema, queryParameters, type SchemaObject } from './json-schema.js';
import { QUERY_SCHEMA } from './request-checks.js';

/** A successful answer of a route. `component` names a schema of the document. */
export interface Answer {
  status: number;
  description: string;
  component?: string;
  /** True when the answer is an array of the component. */
  list?: boolean;
  schema?: SchemaObject;
  example?: unknown;
  /** @default 'application/json' */
  mediaType?: string;
}

export interface OperationOptions {
  summary: string;
  description?: string;
  /** Path parameters, with an example of each. */
  params?: Readonly<Record<string, string>>;
  /** Schema of the query string; without one the route takes no query. */
  query?: z.ZodType;
  /** Optional headers, each with its schema. */
  headers?: Readonly<Record<string, z.ZodType>>;
  body?: {
    component: string;
    example: object;
    /** True when the body is an array of the component. */
    list?: boolean;
    /** @default application/json */
    mediaTypes?: readonly string[];
  };
  /** The first is the usual one: its status is what Nest sends. */
  answers: readonly [Answer, ...Answer[]];
  /** In addition to those that every route has. */
  problems?: readonly ProblemKind[];
  /** True when the route needs no key. */
  isPublic?: boolean;
}

/** Problems of routes that read the store of a session. */
export const READING = ['unknown-session', 'wrong-state', 'session-lost', 'unknown-calendar', 'unavailable'] as const;
/** Problems of routes that take a JSON body. */
export const JSON_BODY = ['invalid-input', 'malformed-json', 'unsupported-media-type'] as const;

const PROBLEMS_OF_ALL: readonly ProblemKind[] = ['unauthorized', 'foreign-origin', 'internal-error'];

/** Describes a route and sets its status and its query schema. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { summary, description, params = {}, headers = {}, query, body, answers, problems = [], isPublic } = options;
  return applyDecorators(
    HttpCode(answers[0].status),
    ...(query
      ? [SetMetadata(QUERY_SCHEMA, query), ...queryParameters(query).map((parameter) => ApiQuery(parameter))]
      : []),
    ApiOperation({ summary, description, ...(isPublic && { security: [] }) }),
    // The example stands in the schema: next to a schema, @nestjs/swagger drops it.
    ...Object.entries(params).map(([name, example]) => ApiParam({ name, schema: { type: 'string', example } })),
    ...Object.entries(headers).map(([name, header]) => headerDocs(name, header)),
    ...(body ? bodyDocs(body) : []),
    ...answers.map(answerDocs),
    ...problemDocs([...problems, ...PROBLEMS_OF_ALL]),
  );
}

function headerDocs(name: string, header: z.ZodType): MethodDecorator {
  const { description, ...schema } = jsonSchema(header, 'input');
  return ApiHeader({ name, description, schema, required: false });
}

function bodyDocs({ component, example, list, mediaTypes }: NonNullable<OperationOptions['body']>): MethodDecorator[] {
  const item = componentRef(component);
  const schema = list ? { type: 'array', items: item } : item;
  return [
    ...(mediaTypes ? [ApiConsumes(...mediaTypes)] : []),
    ApiBody({ schema, examples: { example: { value: example } } }),
  ];
}

function answerDocs({ status, description, component, list, schema, example, mediaType }: Answer): MethodDecorator {
  const item = component ? componentRef(component) : schema;
  if (!item) return ApiResponse({ status, description });
  const shape = list ? { type: 'array', items: item } : item;
  return ApiResponse({
    status,
    description,
    content: { [mediaType ?? 'application/json']: { schema: shape, example } },
  });
}

/** One response a status. Its description names all kinds of that status; the example is of the first kind. */
function problemDocs(kinds: readonly ProblemKind[]): MethodDecorator[] {
  const byStatus = new Map<number, ProblemKind[]>();
  for (const kind of kinds)
    byStatus.set(PROBLEM_KINDS[kind].status, [...(byStatus.get(PROBLEM_KINDS[kind].status) ?? []), kind]);
  return [...byStatus].map(([status, named]) => {
    const description = named.map((kind) => `${PROBLEM_KINDS[kind].title} (\`${kind}\`)`).join(' · ');
    const example = named.map((kind) =>
      kind === 'invalid-input' ? problemExample : problem(kind, PROBLEM_KINDS[kind].title),
    )[0];
    const content = { [PROBLEM_JSON]: { schema: componentRef('Problem'), example } };
    return ApiResponse({ status, description, content });
  });
}
