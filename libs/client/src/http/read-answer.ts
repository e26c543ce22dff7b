/**
 * Reads the coordinator's answers, and checks each answer against its schema. So the answer of a different version, or of another service
 * on the port, causes a clear error at once and not an `undefined` later. Unknown fields are ignored: a newer coordinator may add some.
 */
import { problemsOf } from '@barkeep/bars';
import { z } from 'zod';
import { UnexpectedAnswerError } from '../errors.js';
import * as errors from './errors.js';

/** The parsed JSON body of a response; undefined when the body is not JSON. @throws ApiProblemError when the status is not 2xx */
export async function readAnswer(response: Response): Promise<unknown> {
  const value = parseJson(await response.text());
  if (response.ok) return value;
  throw problemError(response.status, value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Checks a value and returns it as it came: no schema transforms it. @throws UnexpectedAnswerError that names the first wrong field */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const issues = withoutUnknownFields(schema.safeParse(value).error?.issues ?? []);
  const [problem] = problemsOf(new z.ZodError(issues), value);
  if (!problem) return value as z.output<S>;
  const { field, expected, was } = problem;
  const where = field === '' ? '' : `${field}: `; // empty when the whole answer is wrong
  throw new UnexpectedAnswerError(`the coordinator's answer is not valid: ${where}expected ${expected}, was ${was}`);
}

/**
 * The issues that are not about an unknown field. The issue of a union is left out when one schema of the union accepts the value apart
 * from unknown fields.
 */
function withoutUnknownFields(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues.filter((issue) => {
    if (issue.code === 'unrecognized_keys') return false;
    if (issue.code !== 'invalid_union') return true;
    return issue.errors.every((issuesOfSchema) => withoutUnknownFields(issuesOfSchema).length > 0);
  });
}

/** Adds `raw`, the answer as it came, for callers that print it unchanged. */
export function withRaw<T extends object>(answer: T): T & { raw: object } {
  return { ...answer, raw: answer };
}

const ERROR_OF_KIND: Readonly<Record<string, typeof errors.ApiProblemError>> = {
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

const textField = z.coerce.string().default('');
const problemField = z.object({ field: textField, expected: textField, was: textField });
/** The fields that are read from a problem document (RFC 9457). A field that is missing or has the wrong type is taken as empty. */
const problemDocument = z.object({
  type: z.string().catch(''),
  title: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  requestId: z.string().optional().catch(undefined),
  problems: z
    .array(z.unknown())
    .catch([])
    .transform((all) => all.flatMap((problem) => problemField.safeParse(problem).data ?? [])), // drops entries that are not objects
  /** With `fed-bars-lost`: the session still has every fed bar before `reached`; it has lost `bars` later ones. */
  lost: z.object({ symbol: z.string(), reached: z.string(), bars: z.number() }).optional().catch(undefined),
});

/** The error for a response whose status is not 2xx. @param body the problem document, if there is one */
export function problemError(status: number, body: unknown): errors.ApiProblemError {
  // The body may be no object, such as the HTML page of a proxy.
  const document = problemDocument.safeParse(body).data ?? problemDocument.parse({});
  const { type, detail, title, problems, requestId, lost } = document;
  // urn:barkeep:problem:wrong-state → wrong-state
  const kind = type.split(':').at(-1) ?? '';
  const reason = detail ?? title ?? 'no reason given';
  const details: errors.ProblemDetails = { status, kind, problems, requestId };
  if (kind === 'fed-bars-lost' && lost)
    return new errors.FedBarsLostError(reason, details, lost.symbol, Date.parse(lost.reached), lost.bars);
  const ErrorOfKind = ERROR_OF_KIND[kind] ?? errors.ApiProblemError;
  return new ErrorOfKind(reason, details);
}
