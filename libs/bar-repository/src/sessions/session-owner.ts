/** Which sessions a process works on: those of its deployment and of its format. */

/**
 * Format of what the processes of a deployment share: the store of a session, its row and its jobs. A release that changes one of
 * them raises it, in a migration that says what becomes of earlier sessions. Jobs: `jobPrefix` of `@barkeep/service`.
 */
export const SESSION_FORMAT = 2;

/**
 * SQL condition: true for a session of this format that belongs to this deployment or to none.
 * @param parameter placeholder of the deployment such as `$2`; null: sessions of all deployments
 */
export function ownedBy(parameter: string): string {
  return `(format = ${SESSION_FORMAT} AND (${parameter}::text IS NULL OR deployment IS NULL OR deployment = ${parameter}))`;
}
