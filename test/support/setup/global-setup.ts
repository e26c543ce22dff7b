/**
 * Gives every jest run its servers: starts them once for all projects, and passes their addresses to the test files in
 * REDIS_URL, SESSION_REDIS_URL and DATABASE_URL.
 *
 * Guarantees: when tests begin, all servers have answered; otherwise the run ends here with an error. Needs the built
 * packages (`tsc -b`), because jest resolves a global setup without its module map.
 */
import { join } from 'node:path';
import { loadConfig, readServiceUrls, serviceEnvironment, type ServiceUrls } from '@barkeep/service';
import { pingPostgres, pingRedis, startServices, type Services } from '@barkeep/local-system';

const { REDIS_PASSWORD = '', POSTGRES_PASSWORD = '' } = process.env;
/** The servers that docker-compose.yml publishes on this machine. `docker compose run --rm keys show` prints both passwords. */
const composeUrls: ServiceUrls = {
  redisUrl: `redis://:${encodeURIComponent(REDIS_PASSWORD)}@127.0.0.1:6379/0`,
  sessionRedisUrl: `redis://:${encodeURIComponent(REDIS_PASSWORD)}@127.0.0.1:6380/0`,
  databaseUrl: `postgres://barkeep:${encodeURIComponent(POSTGRES_PASSWORD)}@127.0.0.1:5432/barkeep`,
};

// Jest calls the setup once for each project, so the started servers are kept where every call and the teardown find them.
declare global {
  var barkeepTestServices: Promise<Services> | undefined;
}

/**
 * The environment of the process. With BARKEEP_SERVICES=compose, the servers of docker-compose.yml are added for the
 * addresses that the environment does not set.
 */
function testEnvironment(): NodeJS.ProcessEnv {
  const config = loadConfig(process.env, { requireServices: false });
  if (config.embedded.services !== 'compose') return process.env;
  return { ...process.env, ...serviceEnvironment({ ...composeUrls, ...readServiceUrls(process.env) }) };
}

/** @throws Error that names the variable and the address, without the password, of a server that does not answer */
export async function pingServices(urls: ServiceUrls): Promise<void> {
  for (const [variable, url] of Object.entries(serviceEnvironment(urls))) {
    try {
      await (url.startsWith('redis') ? pingRedis(url) : pingPostgres(url));
    } catch (error) {
      const address = url.replace(/:[^:@/]*@/, ':***@');
      throw new Error(`expected the server of ${variable} to answer at ${address}`, { cause: error });
    }
  }
}

async function start(): Promise<Services> {
  const dataDir = join(__dirname, '../../../.barkeep/test');
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const services = await startServices({ dataDir, keep: false, env: testEnvironment(), log });
  try {
    await pingServices(services);
  } catch (error) {
    await services.stop();
    throw error;
  }
  Object.assign(process.env, serviceEnvironment(services));
  return services;
}

/** Called by jest before the first test file of each project that names it. */
export default async function globalSetup(): Promise<void> {
  globalThis.barkeepTestServices ??= start();
  await globalThis.barkeepTestServices;
}
