/**
 * Checks the parameters of a request, so that a controller only gets valid values. The query string of every /v1 route is checked
 * against the schema in its `@Operation`; an unknown parameter is an error, and a route without a schema accepts none. An id or symbol
 * that no session can have is answered like an unknown one, so that odd text (a NUL, 10,000 characters) never reaches Postgres or Redis.
 */
import { idempotencyKeyHeader } from '@barkeep/api';
import { UnknownDatasetError, UnknownSessionError } from '@barkeep/bar-repository';
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
  const name = 'Idempotency-Key';
  const header = z.strictObject({ [name]: idempotencyKeyHeader.optional() });
  return parseInput(header, { [name]: value })[name];
}

/** Checks the query string of a route against its schema, and keeps the parsed query for `@CheckedQuery`. */
@Injectable()
class QueryGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const schema = this.reflector.get<z.ZodType>(QUERY_SCHEMA, context.getHandler());
    http.getResponse<Response>().locals['query'] = parseInput(schema, http.getRequest<Request>().query);
    return true;
  }
}

/** Injects the checked query of the request: the output of the route's schema. */
export const CheckedQuery = createParamDecorator(
  (_: unknown, context: ExecutionContext): unknown => context.switchToHttp().getResponse<Response>().locals['query'],
);

/** Makes a class a controller of the API, whose queries are checked. @param tag the heading of its routes at /docs */
export function ApiController(tag: 'sessions' | 'data' | 'operation'): ClassDecorator {
  return applyDecorators(Controller(), UseGuards(QueryGuard), ApiTags(tag));
}

/** Creates the decorator of a path parameter. @param refusal creates the error for a value that does not match `pattern` */
function pathParameter(name: string, pattern: RegExp, refusal: (text: string) => Error): () => ParameterDecorator {
  const transform = (text: string) => {
    if (pattern.test(text)) return text;
    throw refusal(text);
  };
  return () => Param(name, { transform });
}

/** Injects the id of a session. */
export const SessionId = pathParameter('id', SESSION_ID_PATTERN, (id) => new UnknownSessionError(id.slice(0, 80)));

/** Injects a symbol that is to be added: a wrong one is invalid input, not an unknown symbol. */
export const NewSymbolName = pathParameter('symbol', SYMBOL_PATTERN, (symbol) =>
  wrongField('symbol', SYMBOL_WORDS, shown(symbol)),
);

/** Injects a symbol of a session. */
export const SymbolName = pathParameter(
  'symbol',
  SYMBOL_PATTERN,
  (symbol) => new ProblemError('unknown-symbol', `symbol: expected ${SYMBOL_WORDS}, was ${shown(symbol)}`),
);

/** Injects the name of a dataset: at most 255 characters, none of them a control character. */
export const DatasetName = pathParameter(
  'name',
  /^\P{Cc}{1,255}$/u,
  (name) => new UnknownDatasetError(name.slice(0, 80)),
);

/** Injects the name of a consumer. */
export const ConsumerName = pathParameter(
  'consumer',
  CONSUMER_PATTERN,
  (name) => new ProblemError('unknown-consumer', `consumer: expected ${CONSUMER_PATTERN.source}, was ${shown(name)}`),
);
