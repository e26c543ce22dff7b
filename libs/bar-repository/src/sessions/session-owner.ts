/** Whose a session is: the condition by which coordinators leave alone the sessions of deployments that share their database. */

/** Holds for a session of this deployment, and for one of nobody's in particular. @param parameter name of the parameter */
export function ownedBy(parameter: string): string {
  return `(${parameter}::text IS NULL OR deployment IS NULL OR deployment = ${parameter})`;
}
