/**
 * Checks the parameters of a request, so that a controller only gets valid values. The query string of every /v1 route is checked
 * against the schema in its `@Operation`; an unknown parameter is an error, and a route without a schema accepts none. A name in the path
 * that nothing can have is answered like an unknown one, so that odd text (a NUL, 10,000 characters) never reaches Postgres or Redis.
 */
import { idempotencyKeyHeader } from '@barkeep/api';
import { UnknownDatasetError, UnknownSessionError } from '@barkeep/bar-repository';
import { problemsOf, SESSION_ID_PATTERN, shown, SYMBOL_PATTERN, SYMBOL_WORDS } from '@barkeep/bars';
import { CONSUMER_PATTERN } from '@barkeep/session-data';
import * as nest from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ProblemError, wrongField, WrongFieldsError } from '../problems.js';

/** Metadata key of a route's query schema. */
export const QUERY_SCHEMA = 'barkeep:query-schema';

/** Parses input of a request by a schema. @throws WrongFieldsError that names every wrong field */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new WrongFieldsError(problemsOf(parsed.error, input));
  return parsed.data;
}

/** Checks the Idempotency-Key header; undefined when there is none. @throws WrongFieldsError */
export function parseIdempotencyKey(value: string | undefined): string | undefined {
  const header = z.strictObject({ 'Idempotency-Key': idempotencyKeyHeader.optional() });
  return parseInput(header, { 'Idempotency-Key': value })['Idempotency-Key'];
}

/** Checks the query string of a route against its schema, and keeps the parsed query for `@Called`. */
const queryGuard: nest.CanActivate = {
  canActivate(context) {
    const http = context.switchToHttp();
    const schema = Reflect.getMetadata(QUERY_SCHEMA, context.getHandler()) as z.ZodType;
    http.getResponse<Response>().locals['query'] = parseInput(schema, http.getRequest<Request>().query);
    return true;
  },
};

/** Makes a class a controller of the API, whose queries are checked. @param tag the heading of its routes at /docs */
export function ApiController(tag: 'sessions' | 'data' | 'operation'): ClassDecorator {
  return nest.applyDecorators(nest.Controller(), nest.UseGuards(queryGuard), ApiTags(tag));
}

/**
 * A call of a route, with its parameters checked. `Query` is the type of the route's query schema. A name (`id` to `consumer`) is set
 * only when the path of the route has it.
 */
export interface Call<Query extends z.ZodType = z.ZodType> {
  /** Id of a session. */
  id: string;
  symbol: string;
  /** Name of a dataset. */
  name: string;
  consumer: string;
  query: z.output<Query>;
  /** The JSON body; undefined without one. Not checked. */
  body: unknown;
  request: Request;
  response: Response;
}

interface PathParameter {
  pattern: RegExp;
  /** Creates the error for a text that does not match the pattern. */
  refusal: (text: string) => Error;
}

const PATH_PARAMETERS: Readonly<Record<string, PathParameter>> = {
  id: { pattern: SESSION_ID_PATTERN, refusal: (id) => new UnknownSessionError(id.slice(0, 80)) },
  symbol: {
    pattern: SYMBOL_PATTERN,
    refusal: (text) => new ProblemError('unknown-symbol', `symbol: expected ${SYMBOL_WORDS}, was ${shown(text)}`),
  },
  // At most 255 characters, none of them a control character.
  name: { pattern: /^\P{Cc}{1,255}$/u, refusal: (name) => new UnknownDatasetError(name.slice(0, 80)) },
  consumer: {
    pattern: CONSUMER_PATTERN,
    refusal: (text) =>
      new ProblemError('unknown-consumer', `consumer: expected ${CONSUMER_PATTERN.source}, was ${shown(text)}`),
  },
};

/** A symbol that is to be added: a wrong one is invalid input, not an unknown symbol. */
export const NEW_SYMBOL: PathParameter = {
  pattern: SYMBOL_PATTERN,
  refusal: (text) => wrongField('symbol', SYMBOL_WORDS, shown(text)),
};

/** Injects the {@link Call}. @param symbol how the symbol in the path is checked, in place of the usual way */
export const Called = nest.createParamDecorator((symbol: PathParameter | undefined, context: nest.ExecutionContext) => {
  const request = context.switchToHttp().getRequest<Request>();
  const response = context.switchToHttp().getResponse<Response>();
  for (const [name, value] of Object.entries(request.params)) {
    const { pattern, refusal } = (name === 'symbol' && symbol) || PATH_PARAMETERS[name]!;
    const text = String(value);
    if (!pattern.test(text)) throw refusal(text);
  }
  const query: unknown = response.locals['query'];
  return { ...request.params, query, body: request.body as unknown, request, response };
});
