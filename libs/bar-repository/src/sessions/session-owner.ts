/** The SQL condition that separates the sessions of deployments that share a database. */

/** True for a session of this deployment, and for one without a deployment. @param parameter placeholder such as `$2` */
export function ownedBy(parameter: string): string {
  return `(${parameter}::text IS NULL OR deployment IS NULL OR deployment = ${parameter})`;
}
