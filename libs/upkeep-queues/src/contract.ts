/**
 * The names and payloads of the jobs. Payloads contain names and ranges, never bars. A processor parses the payload of its job,
 * because a process of an older version may have added the job.
 *
 * Upkeep is level-triggered: a job means "bring this up to the frontier", so a lost, duplicate or late job does no harm.
 */
import { PARTITIONS_MAX, SESSION_ID_PATTERN } from '@barkeep/bars';
import { z } from 'zod';

const session = z.object({
  sessionId: z.string().regex(SESSION_ID_PATTERN),
  /** Tells the session apart from an earlier or later session with the same id. */
  incarnation: z.uuid(),
});
const partition = z
  .int()
  .min(0)
  .max(PARTITIONS_MAX - 1);
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
/** True: request every empty slot, also the settled ones. */
const force = z.boolean().default(false);

/** Whether the job adds a `detect-gaps` job when it meets a gap; false when the job that added this one already acts on the gaps. */
const mayDetect = z.boolean().default(true);
/** Symbols that the job is limited to; all symbols when left out. */
const symbols = z.array(z.string()).min(1).optional();
/** What a forced detection is limited to: symbols, and the dates from `from` to `to`, both included. */
const scope = z.object({ symbols, from: date.optional(), to: date.optional() }).optional();
/** The limits of a detection; a limit that is left out does not apply. */
export type UpkeepScope = NonNullable<z.output<typeof scope>>;

/** How often a repository has failed during this job. */
const failures = z.int().min(0).default(0);
/** How many of these failures were outages of PostgreSQL, which has the datasets. */
const outages = z.int().min(0).default(0);

/** By symbol: how many of the first repositories have answered in earlier time slices, and a hash of the slots that stayed empty. */
const answered = z.record(z.string(), z.object({ repositories: z.int().min(1), slots: z.string() })).optional();

/** When the gaps that this job repairs were found, by the time of the session Redis, epoch ms. */
const foundAt = z.number().min(0).optional();

/** The schema of each job's payload. */
export const PAYLOADS = {
  /** Stream a session from its frontier to its end. `run` is the number of the session's starts. */
  stream: session.extend({ run: z.int().min(0) }),
  /** Find the slots of a session that are missing, or due to be requested again, and add the jobs that repair them. */
  'detect-gaps': session.extend({ force, scope }),
  /** Request the missing bars of one partition on one trading day. */
  backfill: session.extend({ partition, date, force, failures, outages, foundAt, symbols, answered }),
  /** Derive the bars of one partition that are missing or outdated, and move its watermark. */
  aggregate: session.extend({ partition, mayDetect, foundAt }),
} as const;

/** The name of a job, which is also the name of its queue. */
export type JobName = keyof typeof PAYLOADS;
export type Payload<Name extends JobName> = z.output<(typeof PAYLOADS)[Name]>;
/** A payload whose fields with defaults may be left out. */
export type PayloadInput<Name extends JobName> = z.input<(typeof PAYLOADS)[Name]>;
/** All job names, in the order of {@link PAYLOADS}. */
export const JOB_NAMES = Object.keys(PAYLOADS) as JobName[];

/** Thrown for a payload that does not fit the contract. The job fails without a retry, because a retry cannot help. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
  constructor(job: string, problem: string) {
    super(`${job}: expected a payload of this version, was: ${problem}`);
  }
}

/** Parses the payload of a job. @throws PayloadError */
export function parsePayload<Name extends JobName>(name: Name, data: unknown): Payload<Name> {
  const parsed = PAYLOADS[name].safeParse(data);
  if (!parsed.success) throw new PayloadError(name, z.prettifyError(parsed.error));
  return parsed.data as Payload<Name>;
}
