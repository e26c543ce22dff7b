/**
 * Reads the coordinator's answers. Each is checked against its schema, so another version, or another service on that port, gives a
 * clear error and not an "undefined" later. Fields that the schema does not have are ignored: a newer coordinator may add some.
 */
import { problemsOf } from '@barkeep/bars';
import { z } from 'zod';
import { UnexpectedAnswerError } from '../errors.js';
import * as errors from './errors.js';

/** The value of an answer. @throws ApiProblemError when the status is not 2xx */
export async function readAnswer(answer: Response): Promise<unknown> {
  const value = parseJson(await answer.text());
  if (answer.ok) return value;
  throw problemError(answer.status, value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The answer as it came. The schemas change no value. @throws UnexpectedAnswerError that names the first wrong field */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const issues = schema.safeParse(value).error?.issues.filter(({ code }) => code !== 'unrecognized_keys') ?? [];
  const [wrong] = problemsOf(new z.ZodError(issues), value);
  if (!wrong) return value as z.output<S>;
  const { field, expected, was } = wrong;
  throw new UnexpectedAnswerError(
    `expected ${expected} in the coordinator's answer${field && ` as ${field}`}, was ${was}`,
  );
}

export function withRaw<T extends object>(answer: T): T & { raw: object } {
  return { ...answer, raw: answer };
}

const ERRORS: Readonly<Record<string, typeof errors.ApiProblemError>> = {
  'invalid-input': errors.InvalidInputError,
  'malformed-json': errors.InvalidInputError,
  unauthorized: errors.UnauthorizedError,
  'unknown-session': errors.SessionNotFoundError,
  'unknown-symbol': errors.SymbolNotFoundError,
  'wrong-state': errors.WrongStateError,
  'session-conflict': errors.SessionConflictError,
  'session-lost': errors.SessionDataLostError,
  unavailable: errors.UnavailableError,
  'not-ready': errors.UnavailableError,
};

const text = z.coerce.string().default('');
const problemField = z.object({ field: text, expected: text, was: text });
/** What is read of a problem document; a field that is missing or of another type is left out. */
const problemDocument = z.object({
  type: z.string().catch(''),
  title: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  requestId: z.string().optional().catch(undefined),
  problems: z
    .array(z.unknown())
    .catch([])
    .transform((all) => all.flatMap((problem) => problemField.safeParse(problem).data ?? [])),
  lost: z.object({ symbol: z.string(), reached: z.string(), bars: z.number() }).optional().catch(undefined),
});

/** The error of an answer whose status is not 2xx. @param body the problem document, if there is one */
export function problemError(status: number, body: unknown): errors.ApiProblemError {
  const document = problemDocument.safeParse(body).data ?? problemDocument.parse({});
  const { type, detail, title, problems, requestId, lost } = document;
  const kind = type.split(':').at(-1) ?? '';
  const reason = detail ?? title ?? 'no reason given';
  const details: errors.ProblemDetails = { status, kind, problems, requestId };
  if (kind === 'fed-bars-lost' && lost)
    return new errors.FedBarsLostError(reason, details, lost.symbol, Date.parse(lost.reached), lost.bars);
  const ErrorOfKind = ERRORS[kind] ?? errors.ApiProblemError;
  return new ErrorOfKind(reason, details);
}
