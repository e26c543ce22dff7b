/**
 * The configuration: the environment, validated, grouped and deeply frozen. Durations are milliseconds and end in `Ms`. One `ConfigError`
 * reports every problem, and shows no secret. An empty string counts as unset. Does not read `.env` files and connects to no server.
 */
import { closest, distance } from 'fastest-levenshtein';
import { isLoopback } from '../api-keys.js';
import type { Variable } from './variable.js';
import { allVariables, variables } from './variables.js';

/** One problem of one variable. `was` never contains a secret. */
interface ConfigProblem {
  readonly variable: string;
  readonly expected: string;
  readonly was: string;
}

/** Thrown for an invalid environment. `problems` lists every problem, so that the user can fix all of them at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, expected, was }) => `  ${variable}: expected ${expected}, was ${was}`);
    super(`${problems.length} problem${problems.length === 1 ? '' : 's'} in the environment:\n${lines.join('\n')}`);
  }
}

const knownNames = allVariables.map(({ name }) => name);
/** Every variable with one of these prefixes must be in the table `variables` of variables.ts. */
const ownPrefixes = ['BARKEEP_', 'DATA_UPKEEP_'];

/** The text of a variable in `env`, trimmed; without one, that of its default; `undefined` when there is neither. */
function rawValue(variable: Variable<unknown>, env: NodeJS.ProcessEnv): string | undefined {
  return env[variable.name]?.trim() || variable.default;
}

function readValue<T>(variable: Variable<T>, env: NodeJS.ProcessEnv): T | undefined {
  const raw = rawValue(variable, env);
  return raw === undefined ? variable.unset : variable.read(raw);
}

/** One problem for each variable that has one of Barkeep's prefixes but is not in the table. */
function unknownVariables(env: NodeJS.ProcessEnv): ConfigProblem[] {
  return Object.keys(env)
    .filter((name) => ownPrefixes.some((prefix) => name.startsWith(prefix)) && !knownNames.includes(name))
    .map((name) => ({ variable: name, expected: suggestionFor(name), was: 'an unknown name' }));
}

/** Names the known variable that is most similar to a name, when it is similar enough. */
function suggestionFor(name: string): string {
  const nearest = closest(name, knownNames);
  const editsMax = Math.ceil(name.length / 3); // more edits would suggest an unrelated name
  return distance(name, nearest) <= editsMax
    ? `a known name (did you mean ${nearest}?)`
    : 'a variable listed in .env.example';
}

/** One problem for each variable of `checked` that has an invalid value. */
function invalidVariables(env: NodeJS.ProcessEnv, checked = allVariables): ConfigProblem[] {
  return checked.flatMap((variable) => {
    const raw = rawValue(variable, env);
    if (raw === undefined || variable.read(raw) !== undefined) return [];
    const was = variable.secret
      ? 'something else (not shown: it may hold a secret)'
      : JSON.stringify(raw.slice(0, 200));
    return [{ variable: variable.name, expected: variable.expected, was }];
  });
}

type Table = typeof variables;
/** A place is a key of the table, such as `queues.streamLockMs`. Its group is the first part: `queues`. */
type GroupOf<Place> = Place extends `${infer Group}.${string}` ? Group : never;
/** The values of one group, by the second part of their places: `Values<'queues'>` has `streamLockMs: number`. */
type Values<Group extends string> = {
  readonly [
    Place in keyof Table as Place extends `${Group}.${infer Name}` ? Name : never
  ]: Table[Place] extends Variable<infer T> ? T : never;
};

/** The variables of the service URLs. They have no default, and a service needs all of them. */
const SERVICES = {
  redisUrl: variables['services.redisUrl'],
  sessionRedisUrl: variables['services.sessionRedisUrl'],
  databaseUrl: variables['services.databaseUrl'],
};

/** Addresses of the queue Redis, the session Redis and PostgreSQL. */
export type ServiceUrls = Readonly<Record<keyof typeof SERVICES, string>>;

/** The configuration: the place `queues.streamLockMs` becomes `queues: { streamLockMs }`. `S` is the type of the service URLs. */
export type Config<S = ServiceUrls> = {
  readonly [Group in Exclude<GroupOf<keyof Table>, 'services'>]: Values<Group>;
} & { readonly services: S };

/** Reads the service URLs that are set. @throws ConfigError when one is malformed */
export function readServiceUrls(env: NodeJS.ProcessEnv): Partial<ServiceUrls> {
  const problems = invalidVariables(env, Object.values(SERVICES));
  if (problems.length > 0) throw new ConfigError(problems);
  const urls = Object.entries(SERVICES).map(([name, variable]) => [name, readValue(variable, env)] as const);
  return Object.fromEntries(urls.filter(([, url]) => url !== undefined));
}

/** The environment variables that give `urls` to another process, such as a child process. */
export function serviceEnvironment(urls: ServiceUrls): Record<string, string> {
  return Object.fromEntries(Object.entries(SERVICES).map(([key, { name }]) => [name, urls[key as keyof ServiceUrls]]));
}

/** A problem when the service has no keys and listens on more than loopback: anyone who reaches the port could use it. */
function unprotectedHost(env: NodeJS.ProcessEnv): ConfigProblem[] {
  const host = rawValue(variables['http.host'], env) ?? '';
  const keys = [variables['http.apiKeys'], variables['http.adminKeys']].map((variable) => rawValue(variable, env));
  if (isLoopback(host) || keys.some((list) => list !== undefined && list !== 'none')) return [];
  const expected =
    'a loopback address, because without BARKEEP_API_KEYS or BARKEEP_ADMIN_KEYS the service binds to loopback only';
  return [{ variable: variables['http.host'].name, expected, was: JSON.stringify(host) }];
}

function missingServices(env: NodeJS.ProcessEnv): ConfigProblem[] {
  return Object.values(SERVICES)
    .filter((variable) => rawValue(variable, env) === undefined)
    .map(({ name, expected }) => ({ variable: name, expected, was: 'unset' }));
}

/** The configuration of a valid environment, deeply frozen. */
function valuesOf(env: NodeJS.ProcessEnv): object {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [place, variable] of Object.entries<Variable<unknown>>(variables)) {
    const [group, name] = place.split('.') as [string, string];
    (groups[group] ??= {})[name] = Object.freeze(readValue(variable, env));
  }
  for (const group of Object.values(groups)) Object.freeze(group);
  return Object.freeze(groups);
}

/** The configuration in `env`. The service URLs are required unless `requireServices` is false. @throws ConfigError with every problem */
export function loadConfig(env: NodeJS.ProcessEnv): Config;
export function loadConfig(env: NodeJS.ProcessEnv, options: { requireServices: false }): Config<Partial<ServiceUrls>>;
export function loadConfig(env: NodeJS.ProcessEnv, { requireServices = true }: { requireServices?: boolean } = {}) {
  const missing = requireServices ? missingServices(env) : [];
  const problems = [...invalidVariables(env), ...unprotectedHost(env), ...unknownVariables(env), ...missing];
  if (problems.length > 0) throw new ConfigError(problems);
  return valuesOf(env) as Config<Partial<ServiceUrls>>;
}
