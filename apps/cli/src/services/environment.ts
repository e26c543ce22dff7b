/** The environment variables of the command line. */
import { type Config, ConfigError, loadConfig, readServiceUrls, type ServiceUrls } from '@barkeep/service';
import { CliError } from '../terminal/index.js';

export interface CliEnvironment {
  /** BARKEEP_URL: a running coordinator. */
  coordinatorUrl?: string;
  /** The first that is set: BARKEEP_ADMIN_KEY, BARKEEP_API_KEY, a key of BARKEEP_ADMIN_KEYS, one of BARKEEP_API_KEYS. */
  apiKey?: string;
  /** Service URLs that are set. */
  urls: Partial<ServiceUrls>;
  config: Config<Partial<ServiceUrls>>;
  /** The unchanged environment, for servers and apps. */
  rest: NodeJS.ProcessEnv;
}

/** @throws CliError that names every wrong variable */
export function readEnvironment(env: NodeJS.ProcessEnv): CliEnvironment {
  try {
    const config = loadConfig(env, { requireServices: false });
    const { client, http } = config;
    const urls = readServiceUrls(env);
    return {
      coordinatorUrl: client.url,
      apiKey: client.adminKey ?? client.apiKey ?? http.adminKeys[0] ?? http.apiKeys[0],
      urls,
      config,
      rest: env,
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message, 1, { cause: error });
    throw error;
  }
}
