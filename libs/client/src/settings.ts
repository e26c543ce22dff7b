/** Finds the addresses of a Barkeep system. Opens no connection. */
import { loadConfig } from '@barkeep/service';
import { dataFolder, runningUp } from '@barkeep/local-system';
import type { Redis } from 'ioredis';
import { CoordinatorAddressError, NoCoordinatorError } from './errors.js';

/** Where to connect to. Every option has a default. */
export interface ConnectOptions {
  /**
   * The session Redis: a URL, or an ioredis client of the caller. The caller's client stays open.
   * @default SESSION_REDIS_URL, then REDIS_URL, then that of a running `barkeep up`
   */
  redis?: string | Redis;
  /**
   * Address of a coordinator, such as `http://127.0.0.1:3000`.
   * @default BARKEEP_URL, then that of a running `barkeep up`
   */
  coordinator?: string;
  /** API key. @default BARKEEP_API_KEY, then the first of BARKEEP_API_KEYS */
  apiKey?: string;
  /** Prefix of the keys in the session Redis. @default BARKEEP_SESSION_PREFIX, then `barkeep` */
  keyPrefix?: string;
  /** The environment. @default process.env */
  env?: NodeJS.ProcessEnv;
}

/** The resolved options. */
export interface Settings {
  coordinator: string;
  /** Undefined when neither the options nor the environment name one. */
  redis: string | Redis | undefined;
  apiKey: string | undefined;
  keyPrefix: string;
}

/**
 * From the options, else from the environment, else from a `barkeep up` that runs in the current project.
 * @param cwd the folder in which a running `barkeep up` is looked for
 * @throws NoCoordinatorError, CoordinatorAddressError, and ConfigError for an invalid environment variable
 */
export function settingsOf(options: ConnectOptions, cwd: string = process.cwd()): Settings {
  const { env = process.env } = options;
  const config = loadConfig(env, { requireServices: false });
  const { redisUrl, sessionRedisUrl } = config.services;
  const dataDir = dataFolder(cwd, config.embedded.dataDir, 'up');
  const up = runningUp(dataDir, env);
  const named = options.coordinator ?? config.client.url;
  const coordinator = named ?? up?.coordinatorUrl;
  if (coordinator === undefined) throw new NoCoordinatorError(dataDir);
  const isUp = coordinator === up?.coordinatorUrl;
  return {
    coordinator: checkedAddress(coordinator),
    redis: options.redis ?? sessionRedisUrl ?? redisUrl ?? (isUp ? up?.urls.sessionRedisUrl : undefined),
    apiKey: options.apiKey ?? config.client.apiKey ?? config.http.apiKeys[0],
    keyPrefix: options.keyPrefix ?? config.sessions.prefix,
  };
}

function checkedAddress(address: string): string {
  const protocol = URL.canParse(address) ? new URL(address).protocol : '';
  if (!/^https?:$/.test(protocol)) throw new CoordinatorAddressError(address);
  return address.replace(/\/$/, '');
}
