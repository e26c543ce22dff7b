/**
 * The configuration: the environment, validated, grouped and frozen.
 *
 * Guarantees: a returned `Config` is complete and deeply frozen; durations are milliseconds and end in `Ms`; one `ConfigError`
 * reports every problem. Does not read `.env` files and connects to no server.
 */
import { ConfigError, type ConfigProblem } from './errors.js';
import { jobPrefix } from './job-prefix.js';
import { invalidVariables, rawValue, readValue, unknownVariables } from './parse.js';
import { readServiceUrls, serviceVariables, type ServiceUrls } from './services.js';
import type { Variable } from './variable.js';
import { variables as v } from './variables.js';

const loopbackHost = /^(localhost|::1|127(\.\d{1,3}){3})$/;

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return loopbackHost.test(host);
}

/** A value that has a default, in a valid environment. */
function need<T>(variable: Variable<T>, env: NodeJS.ProcessEnv): T {
  const value = readValue(variable, env);
  if (value === undefined)
    throw new ConfigError([{ variable: variable.name, expected: variable.expected, was: 'unset' }]);
  return value;
}

/** Groups the values of a valid environment. */
function build(env: NodeJS.ProcessEnv) {
  const seconds = (variable: Variable<number>) => need(variable, env) * 1000;
  return {
    services: readServiceUrls(env),
    http: {
      host: need(v.host, env),
      port: need(v.port, env),
      apiKeys: readValue(v.apiKeys, env) ?? [],
      adminKeys: readValue(v.adminKeys, env) ?? [],
      queuesWritable: need(v.queuesWritable, env),
    },
    tracing: { endpoint: readValue(v.traceEndpoint, env) },
    worker: { port: need(v.workerPort, env) },
    log: { level: need(v.logLevel, env) },
    queues: {
      prefix: jobPrefix(need(v.queuePrefix, env)),
      streamConcurrency: need(v.streamConcurrency, env),
      detectConcurrency: need(v.detectConcurrency, env),
      backfillConcurrency: need(v.backfillConcurrency, env),
      aggregateConcurrency: need(v.aggregateConcurrency, env),
      streamLockMs: seconds(v.streamLock),
      workerLockMs: seconds(v.workerLock),
      stalledCheckMs: seconds(v.stalledCheck),
      backfillAttempts: need(v.backfillAttempts, env),
      backoffMs: need(v.backoff, env),
    },
    sessions: {
      prefix: need(v.sessionPrefix, env),
      limits: { maxDays: need(v.maxDays, env), maxSymbolDays: need(v.maxSymbolDays, env) },
      stagedDays: need(v.stagedDays, env),
      prefetchBytes: need(v.prefetch, env) * 1_000_000,
      sharedBytes: need(v.shared, env) * 1_000_000,
      reconcileMs: seconds(v.reconcile),
    },
    repositories: { modulePath: readValue(v.repositories, env), timeoutMs: seconds(v.repositoryTimeout) },
    calendars: { dir: readValue(v.calendarsDir, env) },
    postgres: { pool: need(v.postgresPool, env) },
    process: { stopMs: seconds(v.stop) },
    client: {
      url: readValue(v.clientUrl, env),
      apiKey: readValue(v.clientKey, env),
      adminKey: readValue(v.clientAdminKey, env),
    },
    embedded: { dataDir: need(v.dataDir, env), services: need(v.services, env) },
    upkeep: {
      enabled: need(v.upkeepEnabled, env),
      checkIntervalMs: seconds(v.upkeepCheckInterval),
      retryMissingBars: need(v.upkeepRetryMissingBars, env),
      maxRetries: need(v.upkeepMaxRetries, env),
      derivedIntervals: need(v.upkeepDerivedIntervals, env),
      autoComputeDerived: need(v.upkeepAutoComputeDerived, env),
    },
  };
}

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** The configuration. `S` lists the service URLs that are present. */
export type Config<S = ServiceUrls> = DeepReadonly<Omit<ReturnType<typeof build>, 'services'> & { services: S }>;

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}

/** Without keys every client that reaches the port may use the service, so then only this machine may reach it. */
function openHost(env: NodeJS.ProcessEnv): ConfigProblem[] {
  const host = rawValue(v.host, env) ?? '';
  const keys = rawValue(v.apiKeys, env);
  if (isLoopback(host) || (keys !== undefined && keys !== 'none')) return [];
  const expected = `a loopback address, because without ${v.apiKeys.name} the service binds to loopback only`;
  return [{ variable: v.host.name, expected, was: JSON.stringify(host) }];
}

function missingServices(env: NodeJS.ProcessEnv): ConfigProblem[] {
  return serviceVariables
    .filter((variable) => rawValue(variable, env) === undefined)
    .map((variable) => ({ variable: variable.name, expected: variable.expected, was: 'unset' }));
}

/**
 * Validates `env` and returns it as one deeply frozen object. Durations are milliseconds.
 * The service URLs are required unless `requireServices` is false. Throws `ConfigError` with every problem.
 */
export function loadConfig(env: NodeJS.ProcessEnv, options?: { requireServices?: true }): Config;
export function loadConfig(env: NodeJS.ProcessEnv, options: { requireServices: false }): Config<Partial<ServiceUrls>>;
export function loadConfig(
  env: NodeJS.ProcessEnv,
  options: { requireServices?: boolean } = {},
): Config<Partial<ServiceUrls>> {
  const problems = [...invalidVariables(env), ...openHost(env), ...unknownVariables(env)];
  if (options.requireServices !== false) problems.push(...missingServices(env));
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(build(env));
}
