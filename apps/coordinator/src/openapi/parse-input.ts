/** Checks what came with a request. */
import { idempotencyKeyHeader } from '@barkeep/api';
import { problemsOf } from '@barkeep/bars';
import { z } from 'zod';
import { WrongFieldsError } from '../problems/index.js';

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
