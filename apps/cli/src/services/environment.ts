/**
 * What the environment says to the command line. `BARKEEP_URL` and `BARKEEP_API_KEY` are the client's own: they are
 * taken out before the rest is checked, and never reach the processes that a command starts.
 */
import { type Config, ConfigError, loadConfig, readServiceUrls, type ServiceUrls } from '@barkeep/config';
import { CliError } from '../cli-error.js';

export interface CliEnvironment {
  /** BARKEEP_URL: a coordinator that runs already. */
  coordinatorUrl?: string;
  /** BARKEEP_API_KEY, or else the first of BARKEEP_API_KEYS. */
  apiKey?: string;
  /** Service URLs that are set. */
  urls: Partial<ServiceUrls>;
  config: Config<Partial<ServiceUrls>>;
  /** The environment for servers and apps. */
  rest: NodeJS.ProcessEnv;
}

/** @throws CliError naming everything that is wrong with it */
export function readEnvironment(env: NodeJS.ProcessEnv): CliEnvironment {
  const { BARKEEP_URL: coordinatorUrl, BARKEEP_API_KEY: apiKey, ...rest } = env;
  try {
    const config = loadConfig(rest, { requireServices: false });
    const urls = definedOnly(readServiceUrls(rest));
    return {
      coordinatorUrl: coordinatorUrl || undefined,
      apiKey: apiKey || config.http.apiKeys[0],
      urls,
      config,
      rest,
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message, 1, { cause: error });
    throw error;
  }
}

function definedOnly(urls: Partial<ServiceUrls>): Partial<ServiceUrls> {
  return Object.fromEntries(Object.entries(urls).filter(([, url]) => url !== undefined));
}
