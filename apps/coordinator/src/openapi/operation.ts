/**
 * `@Operation` describes a route: its path, parameters, body, answers and problems, with examples. The OpenAPI document is generated
 * from it, and query strings are checked against the same schema that the document shows.
 */
import { noQuery, PROBLEM_JSON, PROBLEM_KINDS, problem, problemExample, type ProblemKind } from '@barkeep/api';
import { applyDecorators, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { componentRef, jsonSchema, queryParameters, SECURITY, type SchemaObject } from './openapi.js';
import { QUERY_SCHEMA } from './request-checks.js';

/** The body of a request or answer: a `component` or a `schema`; without both there is no body. */
interface Content {
  /** Name of a schema in the document. */
  component?: string;
  schema?: SchemaObject;
  /** Whether the body is an array of the component or schema. */
  list?: boolean;
  example?: unknown;
}

/** A successful answer of a route. */
interface Answer extends Content {
  /** @default 200 */
  status?: number;
  description: string;
  /** @default 'application/json' */
  mediaType?: string;
}

interface OperationOptions {
  summary: string;
  description?: string;
  /** Examples of path parameters, by name, in place of the usual ones. */
  params?: Readonly<Record<string, string>>;
  /** Schema of the query string; without a schema the route accepts no query parameters. */
  query?: z.ZodType;
  /** Optional headers, each with its schema. */
  headers?: Readonly<Record<string, z.ZodType>>;
  body?: Content & {
    /** @default application/json */
    mediaTypes?: readonly string[];
  };
  /** The usual answer. Its status is sent unless the handler sets another one. */
  answer: Answer;
  /** A second successful answer, with another status. */
  otherAnswer?: Answer;
  /** The problems of the route, in addition to those of {@link problemsOfAll}. */
  problems?: readonly ProblemKind[];
  /** Whether the route needs no key. */
  isPublic?: boolean;
}

/** Problems that several routes have. */
export const PROBLEMS = {
  /** Of routes that read the store of a session. */
  reading: ['wrong-state', 'session-lost', 'unknown-calendar'],
  /** Of routes that take a JSON body. */
  body: ['malformed-json', 'unsupported-media-type'],
} as const satisfies Record<string, readonly ProblemKind[]>;

/** The usual example of each path parameter. */
const PARAM_EXAMPLES: Readonly<Record<string, string>> = {
  id: 'first-run',
  symbol: 'EMBER',
  consumer: 'strategy-1',
  name: 'reference',
};
/** Makes a method the handler of a path such as `v1/sessions/:id`, describes it, and sets its status and query schema. */
export function Operation(method: 'GET' | 'POST' | 'DELETE', path: string, options: OperationOptions): MethodDecorator {
  const { summary, description, params = {}, headers = {}, query = noQuery, body, problems = [], isPublic } = options;
  const { answer, otherAnswer } = options;
  const pathParameters = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name); // `id` of `v1/sessions/:id`
  const parameters = queryParameters(query);
  return applyDecorators(
    RequestMapping({ method: RequestMethod[method], path }),
    HttpCode(answer.status ?? 200),
    SetMetadata(QUERY_SCHEMA, query),
    ApiOperation({ summary, description, security: isPublic ? [] : SECURITY }),
    // An example is part of the schema: @nestjs/swagger drops one that is next to a schema.
    ...pathParameters.map((name) =>
      ApiParam({ name, schema: { type: 'string', example: params[name] ?? PARAM_EXAMPLES[name] } }),
    ),
    ...parameters.map((parameter) => ApiQuery(parameter)),
    ...Object.entries(headers).map(([name, header]) => headerDocs(name, header)),
    ...(body ? bodyDocs(body) : []),
    answerDocs(answer),
    ...(otherAnswer ? [answerDocs(otherAnswer)] : []),
    ...problemDocs([...problemsOfAll(path, parameters), ...problems]),
  );
}

/** The problems of a route that follow from its path and its query parameters. */
function problemsOfAll(path: string, parameters: readonly { name: string }[]): ProblemKind[] {
  const kinds: ProblemKind[] = ['unauthorized', 'foreign-origin', 'internal-error'];
  // A route of /v1 refuses query parameters that it does not have, and needs a server.
  if (path.startsWith('v1/')) kinds.push('invalid-input', 'unavailable');
  if (path.includes(':id')) kinds.push('unknown-session');
  if (parameters.some(({ name }) => name === 'view')) kinds.push('forbidden'); // an operator needs an admin key
  return kinds;
}

function headerDocs(name: string, header: z.ZodType): MethodDecorator {
  const { description, ...schema } = jsonSchema(header, 'input');
  return ApiHeader({ name, description, schema, required: false });
}

function bodyDocs({ mediaTypes, ...content }: NonNullable<OperationOptions['body']>): MethodDecorator[] {
  const body = ApiBody({ schema: schemaOf(content)!, examples: { example: { value: content.example } } });
  return mediaTypes ? [ApiConsumes(...mediaTypes), body] : [body];
}

function answerDocs({ status = 200, description, mediaType = 'application/json', ...content }: Answer) {
  const schema = schemaOf(content);
  if (!schema) return ApiResponse({ status, description });
  return ApiResponse({ status, description, content: { [mediaType]: { schema, example: content.example } } });
}

function schemaOf({ component, schema, list }: Content) {
  const item = component ? componentRef(component) : schema;
  return item && list ? { type: 'array', items: item } : item;
}

/** One response per status. Its description lists all kinds of problems with that status; its example is the first kind. */
function problemDocs(kinds: readonly ProblemKind[]): MethodDecorator[] {
  const statuses = [...new Set(kinds.map((kind) => PROBLEM_KINDS[kind].status))];
  return statuses.map((status) => {
    const sameStatus = kinds.filter((kind) => PROBLEM_KINDS[kind].status === status);
    const first = sameStatus[0]!;
    const description = sameStatus.map((kind) => `${PROBLEM_KINDS[kind].title} (\`${kind}\`)`).join(' · ');
    const example = first === 'invalid-input' ? problemExample : problem(first, PROBLEM_KINDS[first].title);
    const content = { [PROBLEM_JSON]: { schema: componentRef('Problem'), example } };
    return ApiResponse({ status, description, content });
  });
}
