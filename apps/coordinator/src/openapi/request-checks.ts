/**
 * Checks what comes with a request. The query string of every /v1 route is checked against the schema that its `@Operation`
 * names; a route without a schema takes no query. Guarantees that a controller only gets checked values, and that an unknown
 * parameter is an error.
 */
import { idempotencyKeyHeader, noQuery } from '@barkeep/api';
import { problemsOf } from '@barkeep/bars';
import {
  applyDecorators,
  Controller,
  createParamDecorator,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { WrongFieldsError } from '../problems.js';

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
