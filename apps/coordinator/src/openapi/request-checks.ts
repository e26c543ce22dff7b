/**
 * Checks what comes with a request. An id or symbol that no session can have is answered like an unknown one before any server is
 * asked, so odd text (a NUL, 10,000 characters) gets no further than here. The query string of every /v1 route is checked against the schema that its `@Operation`
 * names; a route without a schema takes no query. Guarantees that a controller only gets checked values, and that an unknown
 * parameter is an error.
 */
import { idempotencyKeyHeader, noQuery } from '@barkeep/api';
import { UnknownSessionError } from '@barkeep/bar-repository';
import { problemsOf, SESSION_ID_PATTERN, shown, SYMBOL_PATTERN, SYMBOL_WORDS } from '@barkeep/bars';
import { CONSUMER_PATTERN } from '@barkeep/session-data';
import {
  applyDecorators,
  Controller,
  createParamDecorator,
  Injectable,
  Param,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ProblemError, WrongFieldsError } from '../problems.js';

/** Metadata key of a route's query schema. */
export const QUERY_SCHEMA = 'barkeep:query-schema';

/** Parses what came with a request. @throws WrongFieldsError that names every field that is wrong */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new WrongFieldsError(problemsOf(parsed.error, input));
  return parsed.data;
}

/** Checks the Idempotency-Key header; undefined when there is none. @throws WrongFieldsError */
export function parseIdempotencyKey(value: string | undefined): string | undefined {
  const name = 'Idempotency-Key';
  const header = z.strictObject({ [name]: idempotencyKeyHeader.optional() });
  return parseInput(header, value === undefined ? {} : { [name]: value })[name];
}

@Injectable()
class QueryGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const schema: unknown = this.reflector.get(QUERY_SCHEMA, context.getHandler());
    const { query } = http.getRequest<Request>();
    http.getResponse<Response>().locals['query'] = parseInput(schema instanceof z.ZodType ? schema : noQuery, query);
    return true;
  }
}

/** The checked query of the request: the output of the route's schema. */
export const CheckedQuery = createParamDecorator(
  (_: unknown, context: ExecutionContext): unknown => context.switchToHttp().getResponse<Response>().locals['query'],
);

/**
 * A controller of the API. Its routes need a key, and take the query that their `@Operation` names.
 * @param tag the heading of its routes at /docs
 */
export function ApiController(tag: 'sessions' | 'data' | 'operation'): ClassDecorator {
  const security = [ApiSecurity('apiKey'), ApiSecurity('bearer')];
  return applyDecorators(Controller(), UseGuards(QueryGuard), ...security, ApiTags(tag));
}

/** A path parameter as a decorator of an argument. @param refusal the error of a text that does not match */
function pathParameter(name: string, pattern: RegExp, refusal: (text: string) => Error): () => ParameterDecorator {
  const transform = (text: string) => {
    if (pattern.test(text)) return text;
    throw refusal(text);
  };
  return () => Param(name, { transform });
}

export const SessionId = pathParameter('id', SESSION_ID_PATTERN, (id) => new UnknownSessionError(id.slice(0, 80)));

/** A symbol that a session may get. */
export const NewSymbolName = pathParameter(
  'symbol',
  SYMBOL_PATTERN,
  (symbol) => new WrongFieldsError([{ field: 'symbol', expected: SYMBOL_WORDS, was: shown(symbol) }]),
);

export const SymbolName = pathParameter(
  'symbol',
  SYMBOL_PATTERN,
  (symbol) => new ProblemError('unknown-symbol', `symbol: expected ${SYMBOL_WORDS}, was ${shown(symbol)}`),
);

export const ConsumerName = pathParameter(
  'consumer',
  CONSUMER_PATTERN,
  (name) => new ProblemError('unknown-consumer', `consumer: expected ${CONSUMER_PATTERN.source}, was ${shown(name)}`),
);
