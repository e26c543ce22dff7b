/**
 * The contract of the queues: what each job is called, what it carries, how it is retried and which id it has. Payloads
 * carry names and ranges, never bars. A consumer parses what it gets, for older code may have queued it.
 *
 * Upkeep is level-triggered: a job says "make this right up to the frontier", so one that is missed, doubled or late
 * costs nothing.
 */
import { SESSION_ID_PATTERN } from '@barkeep/bars';
import { z } from 'zod';

const session = z.object({
  sessionId: z.string().regex(SESSION_ID_PATTERN),
  /** Of the session that this job is for; one made anew under the same id has another. */
  incarnation: z.uuid(),
});
const partition = z.int().min(0).max(1_023);
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
/** True when everything empty is to be asked for, settled or not. */
const force = z.boolean().default(false);

export const PAYLOADS = {
  /** Stream a session from where its store stands to its end. */
  stream: session.extend({ run: z.int().min(0) }),
  /** Find what is missing in a session, and what is due to be asked for again. */
  'detect-gaps': session.extend({ force }),
  /** Ask for the missing bars of one partition on one trading day. */
  backfill: session.extend({ partition, date, force }),
  /** Derive what is out of date in one partition, and move its watermark. */
  aggregate: session.extend({ partition }),
} as const;

export type JobName = keyof typeof PAYLOADS;
export type Payload<Name extends JobName> = z.output<(typeof PAYLOADS)[Name]>;
export const JOB_NAMES = Object.keys(PAYLOADS) as JobName[];

/** Raised for a payload that the contract does not know: the job fails at once, a retry would not help. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
  constructor(job: string, problem: string) {
    super(`${job}: expected a payload of this version, was: ${problem}`);
  }
}

/** Checks what came from a queue. @throws PayloadError */
export function parsePayload<Name extends JobName>(name: Name, data: unknown): Payload<Name> {
  const parsed = PAYLOADS[name].safeParse(data);
  if (!parsed.success) throw new PayloadError(name, z.prettifyError(parsed.error));
  return parsed.data as Payload<Name>;
}
