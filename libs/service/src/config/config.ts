/**
 * The configuration: the environment, validated, grouped and frozen.
 *
 * Guarantees: a returned `Config` is complete and deeply frozen; durations are milliseconds and end in `Ms`; one `ConfigError`
 * reports every problem. Does not read `.env` files and connects to no server.
 */
import { isLoopback } from '../api-keys.js';
import { ConfigError, type ConfigProblem, invalidVariables, rawValue, readValue, unknownVariables } from './parse.js';
import type { Variable } from './variable.js';
import { variables } from './variables.js';

type Table = typeof variables;
type GroupOf<Place> = Place extends `${infer Group}.${string}` ? Group : never;
type Values<Group extends string> = {
  readonly [
    Place in keyof Table as Place extends `${Group}.${infer Name}` ? Name : never
  ]: Table[Place] extends Variable<infer T> ? T : never;
};

/** Addresses of Barkeep's servers. */
export interface ServiceUrls {
  /** Queue Redis. */
  readonly redisUrl: string;
  /** Session Redis. */
  readonly sessionRedisUrl: string;
  /** PostgreSQL. */
  readonly databaseUrl: string;
}

/** The configuration: `queues.streamLockMs` of the table is here `queues: { streamLockMs }`. `S` lists the service URLs that are present. */
export type Config<S = ServiceUrls> = {
  readonly [Group in Exclude<GroupOf<keyof Table>, 'services'>]: Values<Group>;
} & { readonly services: S };

const SERVICES = {
  redisUrl: variables['services.redisUrl'],
  sessionRedisUrl: variables['services.sessionRedisUrl'],
  databaseUrl: variables['services.databaseUrl'],
};

/** Reads only the service URLs that are set. Throws `ConfigError` when one is malformed. */
export function readServiceUrls(env: NodeJS.ProcessEnv): Partial<ServiceUrls> {
  const problems = invalidVariables(env, Object.values(SERVICES));
  if (problems.length > 0) throw new ConfigError(problems);
  const urls = Object.entries(SERVICES).map(([name, variable]) => [name, readValue(variable, env)] as const);
  return Object.fromEntries(urls.filter(([, url]) => url !== undefined));
}

/** The environment variables for `urls`, such as for a child process. */
export function serviceEnvironment(urls: ServiceUrls): Record<string, string> {
  return {
    [SERVICES.redisUrl.name]: urls.redisUrl,
    [SERVICES.sessionRedisUrl.name]: urls.sessionRedisUrl,
    [SERVICES.databaseUrl.name]: urls.databaseUrl,
  };
}

/** Without keys every client that reaches the port may use the service, so then only this machine may reach it. */
function openHost(env: NodeJS.ProcessEnv): ConfigProblem[] {
  const host = rawValue(variables['http.host'], env) ?? '';
  const keys = rawValue(variables['http.apiKeys'], env);
  if (isLoopback(host) || (keys !== undefined && keys !== 'none')) return [];
  const expected = 'a loopback address, because without BARKEEP_API_KEYS the service binds to loopback only';
  return [{ variable: variables['http.host'].name, expected, was: JSON.stringify(host) }];
}

function missingServices(env: NodeJS.ProcessEnv): ConfigProblem[] {
  return Object.values(SERVICES)
    .filter((variable) => rawValue(variable, env) === undefined)
    .map(({ name, expected }) => ({ variable: name, expected, was: 'unset' }));
}

/** Groups the values of a valid environment. */
function valuesOf(env: NodeJS.ProcessEnv): object {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [place, variable] of Object.entries<Variable<unknown>>(variables)) {
    const [group, name] = place.split('.') as [string, string];
    (groups[group] ??= {})[name] = Object.freeze(readValue(variable, env));
  }
  for (const group of Object.values(groups)) Object.freeze(group);
  return Object.freeze(groups);
}

/**
 * Validates `env` and returns it as one deeply frozen object. Durations are milliseconds.
 * The service URLs are required unless `requireServices` is false. Throws `ConfigError` with every problem.
 */
export function loadConfig(env: NodeJS.ProcessEnv, options?: { requireServices?: true }): Config;
export function loadConfig(env: NodeJS.ProcessEnv, options: { requireServices: false }): Config<Partial<ServiceUrls>>;
export function loadConfig(
  env: NodeJS.ProcessEnv,
  { requireServices = true }: { requireServices?: boolean } = {},
): Config<Partial<ServiceUrls>> {
  const problems = [...invalidVariables(env), ...openHost(env), ...unknownVariables(env)];
  if (requireServices) problems.push(...missingServices(env));
  if (problems.length > 0) throw new ConfigError(problems);
  return valuesOf(env) as Config<Partial<ServiceUrls>>;
}
