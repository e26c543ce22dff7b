/**
 * The three service URLs, which can be read without the rest of the configuration.
 *
 * Guarantees: a returned URL is well formed. Connects to no server.
 */
import { ConfigError } from './errors.js';
import { invalidVariables, readValue } from './parse.js';
import { variables } from './variables.js';

/** Addresses of Barkeep's servers. */
export interface ServiceUrls {
  /** Queue Redis. */
  readonly redisUrl: string;
  /** Session Redis. */
  readonly sessionRedisUrl: string;
  /** PostgreSQL. */
  readonly databaseUrl: string;
}

/** The variables that carry the service URLs. */
export const serviceVariables = [variables.redisUrl, variables.sessionRedisUrl, variables.databaseUrl] as const;

/** Reads only the three service URLs; unset ones are undefined. Throws `ConfigError` when one is malformed. */
export function readServiceUrls(env: NodeJS.ProcessEnv): Partial<ServiceUrls> {
  const problems = invalidVariables(env, serviceVariables);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    redisUrl: readValue(variables.redisUrl, env),
    sessionRedisUrl: readValue(variables.sessionRedisUrl, env),
    databaseUrl: readValue(variables.databaseUrl, env),
  };
}

/** The environment variables for `urls`, such as for a child process. */
export function serviceEnvironment(urls: ServiceUrls): Record<string, string> {
  return {
    [variables.redisUrl.name]: urls.redisUrl,
    [variables.sessionRedisUrl.name]: urls.sessionRedisUrl,
    [variables.databaseUrl.name]: urls.databaseUrl,
  };
}
