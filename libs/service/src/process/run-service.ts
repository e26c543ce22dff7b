/** Runs a service as a process: reads the configuration and the user's calendars, starts the service, and stops it at a signal. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError, loadConfig, type Config } from '../config/index.js';
import { errorText } from '../error-text.js';
import type { Logger } from 'pino';
import { useOwnCalendars } from './own-calendars.js';
import { endOnSignals, stopOnSignals, type StopSequence } from './shutdown.js';
import { startWatchdog } from './watchdog.js';

export interface RunningService {
  url?: string;
  stop: StopSequence;
  logger: Logger;
}

/** Starts a service with the configuration in the environment. When the start fails, the process prints one message and ends. */
export function runService(name: string, start: (config: Config) => Promise<RunningService>): void {
  startWatchdog(name);
  endOnSignals();
  startService(start).catch((error: unknown) => {
    const what = error instanceof ConfigError ? '' : `the ${name} could not start: `;
    process.stderr.write(`${what}${errorText(error)}\n`);
    process.exit(1);
  });
}

async function startService(start: (config: Config) => Promise<RunningService>): Promise<void> {
  const config = loadConfig(process.env);
  await useOwnCalendars(config.calendars.dir);
  const { url, stop, logger } = await start(config);
  // Errors of the user's module, in timers and event listeners, must not end the process (invariant I12 of docs/ARCHITECTURE.md).
  if (config.repositories.modulePath !== undefined) {
    process.on('uncaughtException', (err) =>
      logger.error({ err }, 'uncaught error, perhaps of the module in BARKEEP_REPOSITORIES'),
    );
  }
  stopOnSignals(stop, (outcomes) => logger.info({ outcomes }, 'stopped'));
  process.send?.({ ready: true, url }); // for a parent that started this process, such as the command line
}

/** Barkeep's version, such as `0.1.0`, from the package.json in `folder` or in the nearest folder above it. */
export function barkeepVersion(folder = __dirname): string {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return barkeepVersion(dirname(folder));
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
  if (typeof version !== 'string') throw new Error(`${file}: expected a version, was ${JSON.stringify(version)}`);
  return version;
}
