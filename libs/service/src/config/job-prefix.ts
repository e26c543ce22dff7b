/** Separates the jobs of releases that cannot read each other's jobs. */

/** Format of jobs. It is raised together with `SESSION_FORMAT` of `@barkeep/bar-repository`. */
const JOB_FORMAT = 2;

/**
 * The key prefix of BullMQ: workers of another format, such as those of 0.1, never see these jobs.
 * @param prefix BARKEEP_QUEUE_PREFIX
 */
export function jobPrefix(prefix: string): string {
  return `${prefix}:v${JOB_FORMAT}`;
}
