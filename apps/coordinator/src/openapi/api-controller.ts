/** `@ApiController`: a controller of the API. Its routes need a key, and take the query that their `@Operation` names. */
import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import { QueryGuard } from './query-guard.js';

/** @param tag the heading of its routes at /docs */
export function ApiController(path: string, tag: 'sessions' | 'data' | 'operation'): ClassDecorator {
  const security = [ApiSecurity('apiKey'), ApiSecurity('bearer')];
  return applyDecorators(Controller(path), UseGuards(QueryGuard), ...security, ApiTags(tag));
}
