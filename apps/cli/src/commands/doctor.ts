/** `barkeep doctor`: checks servers, versions and settings, and says what is wrong. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createDataSource } from '@barkeep/bar-repository';
import { anySignal } from '@barkeep/bars';
import { CoordinatorClient } from '@barkeep/client';
import { errorText, type ServiceUrls, useOwnCalendars } from '@barkeep/service';
import { expectReachable, inspectPostgres, inspectRedis, redisSource, runningUp, SERVERS } from '@barkeep/local-system';
import { CliError, colour, EXIT, expecting, type OutputOptions, printResult } from '../terminal/index.js';
import { type Context, openCoordinator, withoutPassword } from '../services/index.js';
import { CliCommand } from './command.js';

interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

/** Time that a coordinator has to list its sessions. */
const ANSWER_LIMIT_MS = 5_000;
const NAME_WIDTH = 'BARKEEP_CALENDARS_DIR'.length; // the longest name of a check

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
  const { urls, config, dataDir } = context;
  const up = runningUp(dataDir, process.env); // undefined also when the environment names servers
  const coordinator = config.client.url ?? up?.coordinatorUrl;
  const usedUrls = up?.urls ?? urls;
  // The line begins with the check's name, `barkeep up`: it repeats the command only when another one runs.
  const runs = up?.command === 'barkeep up' ? 'runs' : `${up?.command} runs`;
  const running = up ? `${runs}, coordinator ${up.coordinatorUrl ?? 'not ready'}` : `does not run in ${dataDir}`;
  const checks = [
    await probe('Node.js', nodeVersion),
    await probe('data folder', () => usableFolder(dataDir)),
    { name: 'barkeep up', ok: true, detail: running },
  ];
  const { dir } = config.calendars;
  if (dir !== undefined) checks.push(await probe('BARKEEP_CALENDARS_DIR', () => calendarsIn(dir)));
  if (coordinator !== undefined) checks.push(await probe('coordinator', () => coordinatorAt(coordinator, context)));
  for (const { key, variable } of SERVERS) {
    const url = usedUrls[key];
    if (url !== undefined) checks.push(await probe(variable, () => serverState(key, url)));
  }
  // Without a Redis and a coordinator, other commands start a Redis themselves.
  if (usedUrls.redisUrl === undefined && coordinator === undefined)
    checks.push(await probe('redis-server', redisOrigin));
  return checks;
}

/** @param check returns what the report shows, or throws when something is wrong */
async function probe(name: string, check: () => string | Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await check() };
  } catch (error) {
    return { name, ok: false, detail: errorText(error) };
  }
}

function nodeVersion(): string {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return node;
  throw new CliError(`expected 20.19 or later, was ${node}`);
}

/** Checks the data folder. When it does not exist yet, checks the nearest existing folder above it. */
function usableFolder(dataDir: string): string {
  let folder = dataDir;
  while (!existsSync(folder)) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) throw new CliError(`expected a folder at ${folder}, was a file`);
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  // `kept` is the folder in which `barkeep up` stores its data.
  return existsSync(join(dataDir, 'kept')) ? dataDir : `none yet; ${dataDir} is created when it is needed`;
}

async function calendarsIn(dir: string): Promise<string> {
  await useOwnCalendars(dir);
  return `every calendar file in ${dir} is valid`;
}

async function coordinatorAt(url: string, { apiKey, life }: Context): Promise<string> {
  await openCoordinator(url, apiKey, life.signal);
  const signal = anySignal([life.signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
  // openCoordinator sends no API key. This request fails when the coordinator requires one and `apiKey` is not valid.
  await new CoordinatorClient(url, apiKey, signal).sessions();
  return url;
}

async function serverState(server: keyof ServiceUrls, url: string): Promise<string> {
  await expectReachable({ [server]: url });
  const { version, problems, notes } = await (server === 'databaseUrl' ? inspectPostgres(url) : inspectRedis(url));
  const at = `${version} at ${withoutPassword(url)}`;
  if (problems.length > 0) throw new CliError(`${problems.join('; ')} (${at})`);
  if (server === 'databaseUrl') await connectAsService(url);
  return [at, ...notes].join('; ');
}

/** Connects as the services do, whose connections have settings. A PgBouncer may refuse these. @throws CliError */
async function connectAsService(url: string): Promise<void> {
  const database = createDataSource(url);
  await expecting("expected PostgreSQL to accept the settings of Barkeep's connections", () => database.initialize());
  await database.destroy();
}

/** Where `barkeep up` gets Redis from. PostgreSQL needs no such check, because it comes with the package. */
function redisOrigin(): string {
  const source = redisSource(process.env);
  if (source === 'packages') return 'not on the PATH; barkeep up fetches it by apt-get into a private cache';
  if (source) return source.path;
  throw new CliError(
    'expected redis-server or valkey-server on the PATH, or REDIS_URL, was neither; barkeep up needs one',
  );
}

function checkText({ name, ok, detail }: Check): string {
  return `${ok ? colour('green', 'ok   ') : colour('red', 'wrong')}  ${name.padEnd(NAME_WIDTH)} ${detail}`;
}
