/** `barkeep doctor`: checks servers, versions and settings, and says what is wrong. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CoordinatorClient } from '@barkeep/client';
import type { ServiceUrls } from '@barkeep/service';
import { inspectPostgres, inspectRedis, redisSource, runningUp } from '@barkeep/local-system';
import { CliError, colour, EXIT, errorText, type OutputOptions, printResult } from '../terminal/index.js';
import { checkCoordinator, checkServers, type Context, SERVERS, withoutPassword } from '../services/index.js';
import { CliCommand } from './command.js';

interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

const NODE_MIN = { major: 20, minor: 19 };
const ANSWER_LIMIT_MS = 5_000;

export const doctorCommand = () =>
  new CliCommand(
    'doctor',
    'check servers, versions and settings, and say what is wrong',
    '\nExample:\n  barkeep doctor\n\nStarts nothing. Exit code: 0 when all is well, otherwise 1.',
  )
    .option('--json', 'print { ok, checks: [{ name, ok, detail }] }')
    .work(async (context, options: OutputOptions) => {
      const checks = await allChecks(context);
      const ok = checks.every((check) => check.ok);
      printResult(options, { ok, checks }, () => checks.map(checkText).join('\n'));
      return ok ? EXIT.ok : EXIT.failed;
    });

async function allChecks(context: Context): Promise<Check[]> {
  const { urls, config } = context;
  const up = runningUp(context.dataDir, process.env);
  const coordinator = config.client.url ?? up?.coordinatorUrl;
  const checks = [nodeCheck(), folderCheck(context.dataDir), upCheck(context.dataDir, up)];
  if (coordinator !== undefined) checks.push(await coordinatorCheck(coordinator, context));
  const named = up?.urls ?? urls;
  for (const { key, variable } of SERVERS) {
    const url = named[key];
    if (url !== undefined) checks.push(await serverCheck(key, variable, url));
  }
  if (named.redisUrl === undefined && coordinator === undefined) checks.push(redisCheck());
  return checks;
}

function upCheck(dataDir: string, up: ReturnType<typeof runningUp>): Check {
  const detail =
    up === undefined ? `does not run in ${dataDir}` : `runs, coordinator ${up.coordinatorUrl ?? 'not ready'}`;
  return { name: 'barkeep up', ok: true, detail };
}

function coordinatorCheck(url: string, { apiKey, life }: Context): Promise<Check> {
  return tried('coordinator', async () => {
    await checkCoordinator(url, life.signal);
    // An answer needs a valid key, when the coordinator has keys.
    await new CoordinatorClient(
      url,
      apiKey,
      AbortSignal.any([life.signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
    ).sessions();
    return url;
  });
}

/** Connects to a server, and checks its version and settings. */
function serverCheck(server: keyof ServiceUrls, variable: string, url: string): Promise<Check> {
  return tried(variable, async () => {
    await checkServers({ [server]: url });
    const { version, problems, notes } = await (server === 'databaseUrl' ? inspectPostgres(url) : inspectRedis(url));
    const at = `${version} at ${withoutPassword(url)}`;
    if (problems.length > 0) throw new CliError(`${problems.join('; ')} (${at})`);
    return [at, ...notes].join('; ');
  });
}

function nodeCheck(): Check {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const ok = major > NODE_MIN.major || (major === NODE_MIN.major && minor >= NODE_MIN.minor);
  return { name: 'Node.js', ok, detail: ok ? node : `expected 20.19 or later, was ${node}` };
}

function folderCheck(dataDir: string): Check {
  const has = existsSync(join(dataDir, 'kept'));
  let folder = dataDir;
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.R_OK | constants.W_OK);
    const detail = has ? dataDir : `none yet; ${dataDir} is created when it is needed`;
    return { name: 'data folder', ok: true, detail };
  } catch (error) {
    return { name: 'data folder', ok: false, detail: errorText(error) };
  }
}

/** The embedded PostgreSQL comes with the package; Redis must be installed, or is fetched. */
function redisCheck(): Check {
  const source = redisSource(process.env);
  const detail =
    source === undefined
      ? 'expected redis-server or valkey-server on the PATH, or REDIS_URL, was neither; barkeep up needs one'
      : source === 'packages'
        ? 'not on the PATH; barkeep up fetches it by apt-get into a private cache'
        : source.path;
  return { name: 'redis-server', ok: source !== undefined, detail };
}

/** @param check returns the detail of a check that passed */
async function tried(name: string, check: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await check() };
  } catch (error) {
    return { name, ok: false, detail: errorText(error) };
  }
}

function checkText({ name, ok, detail }: Check): string {
  return `${ok ? colour('green', 'ok   ') : colour('red', 'wrong')}  ${name.padEnd(18)} ${detail}`;
}
