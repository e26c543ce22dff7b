/**
 * Checks the query string of every /v1 route against the schema that its `@Operation` names; a route without a schema takes
 * no query. Guarantees that a controller only gets checked values, and that an unknown parameter is an error.
 */
import { noQuery } from '@barkeep/api';
import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { parseInput } from './parse-input.js';

/** Metadata key of a route's query schema. */
export const QUERY_SCHEMA = 'barkeep:query-schema';

@Injectable()
export class QueryGuard implements CanActivate {
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
