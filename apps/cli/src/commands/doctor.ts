/** `barkeep doctor`: checks servers, versions and settings, and says what is wrong. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pingServices, runningUp } from '@barkeep/local-system';
import { Command } from 'commander';
import { CliError, EXIT, type OutputOptions, printResult } from '../terminal/index.js';
import { checkCoordinator, checkServers, type Context } from '../services/index.js';
import type { RunCommand } from './run-command.js';

interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

const NODE_MAJOR_MIN = 20;

export function doctorCommand(run: RunCommand): Command {
  return new Command('doctor')
    .description('check servers, versions and settings, and say what is wrong')
    .option('--json', 'print { ok, checks: [{ name, ok, detail }] }')
    .addHelpText('after', '\nExample:\n  barkeep doctor\n\nStarts nothing. Exit code: 0 when all is well, otherwise 1.')
    .action((options: OutputOptions) =>
      run(async (context) => {
        const checks = await allChecks(context);
        const ok = checks.every((check) => check.ok);
        printResult(options, { ok, checks }, () => checks.map(checkText).join('\n'));
        return ok ? EXIT.ok : EXIT.failed;
      }),
    );
}

async function allChecks(context: Context): Promise<Check[]> {
  const { urls } = context.env;
  const up = Object.keys(urls).length === 0 ? runningUp(context.dataDir) : undefined;
  const coordinator = context.env.coordinatorUrl ?? up?.coordinatorUrl;
  const checks = [nodeCheck(), folderCheck(context.dataDir)];
  checks.push(
    up === undefined
      ? { name: 'barkeep up', ok: true, detail: `does not run in ${context.dataDir}` }
      : { name: 'barkeep up', ok: true, detail: `runs, coordinator ${up.coordinatorUrl ?? 'not ready'}` },
  );
  if (coordinator !== undefined) {
    checks.push(await tried('coordinator', coordinator, () => checkCoordinator(coordinator, context.life.signal)));
  }
  const named = ['databaseUrl', 'redisUrl', 'sessionRedisUrl'] as const;
  for (const key of named.filter((one) => urls[one] !== undefined)) {
    checks.push(await tried(key, addressOf(urls[key] ?? ''), () => checkServers(urls, [key])));
  }
  if (named.every((key) => urls[key] !== undefined) && checks.every(({ ok }) => ok)) {
    const { databaseUrl = '', redisUrl = '', sessionRedisUrl = '' } = urls;
    checks.push(
      await tried('versions', 'servers answer', () => pingServices({ databaseUrl, redisUrl, sessionRedisUrl })),
    );
  } else if (urls.redisUrl === undefined && coordinator === undefined) checks.push(redisCheck());
  return checks;
}

function nodeCheck(): Check {
  const major = Number(process.versions.node.split('.')[0]);
  const ok = major >= NODE_MAJOR_MIN;
  return {
    name: 'Node.js',
    ok,
    detail: ok ? process.versions.node : `expected 20.19 or later, was ${process.versions.node}`,
  };
}

function folderCheck(dataDir: string): Check {
  const has = existsSync(join(dataDir, 'kept'));
  if (!has) return { name: 'data folder', ok: true, detail: `none yet; ${dataDir} is created when it is needed` };
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK);
    return { name: 'data folder', ok: true, detail: dataDir };
  } catch (error) {
    return { name: 'data folder', ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The embedded PostgreSQL comes with the package; Redis must be installed. */
function redisCheck(): Check {
  const programs = ['redis-server', 'valkey-server'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = programs
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
  const missing = 'expected redis-server or valkey-server on the PATH, or REDIS_URL, was neither; barkeep up needs one';
  return { name: 'redis-server', ok: found !== undefined, detail: found ?? missing };
}

async function tried(name: string, detail: string, check: () => Promise<unknown>): Promise<Check> {
  try {
    await check();
    return { name, ok: true, detail };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { name, ok: false, detail: error instanceof CliError || error.message !== '' ? error.message : error.name };
  }
}

/** Without a password. */
function addressOf(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}

function checkText({ name, ok, detail }: Check): string {
  return `${ok ? 'ok   ' : 'wrong'}  ${name.padEnd(16)} ${detail}`;
}
