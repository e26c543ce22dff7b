/** `barkeep up`: runs servers, coordinators and workers on this machine until Ctrl-C. */
import { createServer } from 'node:net';
import {
  AlreadyRunningError,
  type Apps,
  expectReachable,
  runningUp,
  startApps,
  startServices,
  UP_ROLE,
} from '@barkeep/local-system';
import { serviceEnvironment, type ServiceUrls } from '@barkeep/service';
import { CliError, note, type OutputOptions, printResult, wholeNumberReader } from '../terminal/index.js';
import type { Context } from '../services/index.js';
import { CliCommand } from './command.js';

type UpOptions = OutputOptions & { coordinators: number; workers: number; port?: number };

const PROCESSES_MAX = 64;
const EXAMPLES = `
Examples:
  barkeep up
  barkeep up --coordinators 2 --workers 4 --port 8080

Other commands in this project use these processes. The data stays in .barkeep/up. Ctrl-C stops workers, then
coordinators, then servers; a second Ctrl-C exits immediately.`;

export const upCommand = () =>
  new CliCommand('up', 'start Barkeep on this machine and leave it running', EXAMPLES)
    .option('--coordinators <n>', 'coordinator processes', wholeNumberReader('--coordinators', 1, PROCESSES_MAX), 1)
    .option('--workers <n>', 'upkeep worker processes', wholeNumberReader('--workers', 0, PROCESSES_MAX), 2)
    .option(
      '--port <port>',
      'port of the first coordinator (default: BARKEEP_PORT or 3000, or a free one)',
      wholeNumberReader('--port', 0, 65_535),
    )
    .option('--json', 'print the addresses as JSON')
    .work(runUp);

async function runUp(context: Context, options: UpOptions): Promise<void> {
  const { life, config, dataDir } = context;
  await expectReachable(context.urls);
  if (!options.json) note(`starting, with data in ${dataDir}`);
  const services = await startServices({ dataDir, keep: true, log: note }).catch((error: unknown) => {
    if (error instanceof AlreadyRunningError) {
      const { coordinatorUrl: url, command } = runningUp(dataDir) ?? {};
      if (url) throw new CliError(`${command} runs here already (process ${error.pid}): ${url}/`);
    }
    throw error;
  });
  life.onEnd(() => services.stop());
  life.signal.throwIfAborted();
  const port = options.port ?? (await portOrAny(config.http.port));
  const logFolder = context.logFolder('up');
  const apps = await startApps(services, { ...options, port, env: process.env, logFolder, note }, life);
  services.publish({ role: UP_ROLE, coordinatorUrl: apps.urls[0], coordinatorUrls: apps.urls });
  const { redisUrl, sessionRedisUrl, databaseUrl } = services;
  const result = { coordinators: apps.urls, redisUrl, sessionRedisUrl, databaseUrl, logs: logFolder };
  printResult(options, result, () => upText(apps, result));
  await life.interrupted();
  note(`stopping; the data stays in ${dataDir}`);
}

function upText({ urls, processes }: Apps, result: ServiceUrls & { logs: string }): string {
  const [first] = urls;
  const workers = processes.length - urls.length;
  const settings = Object.entries(serviceEnvironment(result))
    .map(([name, url]) => `${name}=${url}`)
    .join(' ');
  return [
    `Barkeep is up: ${urls.length} coordinator(s), ${workers} worker(s)`,
    ...urls.map((url) => `  API           ${url}/v1/sessions`),
    `  console       ${first}/`,
    `  API docs      ${first}/docs`,
    `  queues        ${first}/queues`,
    `  metrics       ${first}/metrics`,
    `  PostgreSQL    ${result.databaseUrl}`,
    `  Redis         ${result.redisUrl} (queues), ${result.sessionRedisUrl} (sessions)`,
    `  logs          ${result.logs}`,
    'Commands in this project find it. For other projects and programs:',
    `  export BARKEEP_URL=${first} ${settings}`,
    'Ctrl-C stops it.',
  ].join('\n');
}

/** `port` when it is free, otherwise 0, with which a coordinator takes any free port. */
function portOrAny(port: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(0));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
  });
}
