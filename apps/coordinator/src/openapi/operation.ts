/**
 * `@Operation`: everything about a route: its path, what it takes, what it answers, which problems it has, with
 * examples. The OpenAPI document is made from it, and the query guard checks requests against the same schema.
 */
import { PROBLEM_JSON, PROBLEM_KINDS, problem, problemExample, type ProblemKind } from '@barkeep/api';
import { applyDecorators, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { componentRef, jsonSchema, queryParameters, type SchemaObject } from './openapi.js';
import { QUERY_SCHEMA } from './request-checks.js';

/** A successful answer of a route. `component` names a schema of the document. */
interface Answer {
  /** @default 200 */
  status?: number;
  description: string;
  component?: string;
  /** True when the answer is an array of the component. */
  list?: boolean;
  schema?: SchemaObject;
  example?: unknown;
  /** @default 'application/json' */
  mediaType?: string;
}

interface OperationOptions {
  summary: string;
  description?: string;
  /** Other examples of path parameters than the usual ones. */
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
  /** Its status is what Nest sends, unless the route sets another one. */
  answer: Answer;
  otherAnswer?: Answer;
  /** In addition to those that every route has. */
  problems?: readonly ProblemKind[];
  /** True when the route needs no key. */
  isPublic?: boolean;
}

/** Problems of routes that read the store of a session. */
export const READING = ['unknown-session', 'wrong-state', 'session-lost', 'unknown-calendar', 'unavailable'] as const;
/** Problems of routes that take a JSON body. */
export const JSON_BODY = ['invalid-input', 'malformed-json', 'unsupported-media-type'] as const;

/** An example of each path parameter. */
const EXAMPLES: Readonly<Record<string, string>> = {
  id: 'first-run',
  symbol: 'EMBER',
  consumer: 'strategy-1',
  name: 'reference',
};
const PROBLEMS_OF_ALL: readonly ProblemKind[] = ['unauthorized', 'foreign-origin', 'internal-error'];

/** Makes a method the route of a path such as `v1/sessions/:id`, describes it, and sets its status and its query schema. */
export function Operation(method: 'GET' | 'POST' | 'DELETE', path: string, options: OperationOptions): MethodDecorator {
  const { summary, description, params = {}, headers = {}, query, body, problems = [], isPublic } = options;
  const { answer, otherAnswer } = options;
  return applyDecorators(
    RequestMapping({ method: RequestMethod[method], path }),
    HttpCode(answer.status ?? 200),
    ...(query
      ? [SetMetadata(QUERY_SCHEMA, query), ...queryParameters(query).map((parameter) => ApiQuery(parameter))]
      : []),
    ApiOperation({ summary, description, ...(isPublic && { security: [] }) }),
    ...[...path.matchAll(/:(\w+)/g)].map(([, name = '']) => paramDocs(name, params[name] ?? EXAMPLES[name])),
    ...Object.entries(headers).map(([name, header]) => headerDocs(name, header)),
    ...(body ? bodyDocs(body) : []),
    answerDocs(answer),
    ...(otherAnswer ? [answerDocs(otherAnswer)] : []),
    ...problemDocs([...problems, ...PROBLEMS_OF_ALL]),
  );
}

/** The example stands in the schema: next to a schema, @nestjs/swagger drops it. */
function paramDocs(name: string, example: string | undefined): MethodDecorator {
  return ApiParam({ name, schema: { type: 'string', example } });
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

function answerDocs({
  status = 200,
  description,
  component,
  list,
  schema,
  example,
  mediaType,
}: Answer): MethodDecorator {
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
