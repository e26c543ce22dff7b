/**
 * Where the servers are: the three service URLs, which can be read on their own, before there is a whole configuration.
 *
 * Guarantees: a URL that is returned is well formed. Not responsible for reaching the server behind it.
 */
import { ConfigError } from './errors.js';
import { misfits, readValue } from './parse.js';
import { variables } from './variables.js';

/** Addresses of the servers that Barkeep works on. */
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

/** Reads only the three service URLs; those unset are left out. Throws `ConfigError` when one is malformed. */
export function readServiceUrls(env: NodeJS.ProcessEnv): Partial<ServiceUrls> {
  const problems = misfits(env, serviceVariables);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    redisUrl: readValue(variables.redisUrl, env),
    sessionRedisUrl: readValue(variables.sessionRedisUrl, env),
    databaseUrl: readValue(variables.databaseUrl, env),
  };
}

/** The environment variables that carry `urls`, e.g. for a child process. */
export function serviceEnvironment(urls: ServiceUrls): Record<string, string> {
  return {
    [variables.redisUrl.name]: urls.redisUrl,
    [variables.sessionRedisUrl.name]: urls.sessionRedisUrl,
    [variables.databaseUrl.name]: urls.databaseUrl,
  };
}
