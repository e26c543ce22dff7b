/** Runs a service's process: loads the configuration, starts the service, handles signals, and reports to the parent process. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError, loadConfig, type Config } from '../config/index.js';
import type { Logger } from 'pino';
import { useOwnCalendars } from './own-calendars.js';
import { endOnSignals, stopOnSignals, type StopSequence } from './shutdown.js';
import { startWatchdog } from './watchdog.js';

export interface RunningService {
  /** Address of its HTTP server, if it has one. */
  url?: string;
  stop: StopSequence;
  logger: Logger;
}

/** Starts a service with the environment's configuration. A start that fails ends the process with one clear message. */
export function runService(name: string, start: (config: Config) => Promise<RunningService>): void {
  startWatchdog(name);
  endOnSignals();
  startService(start).catch((error: unknown) => {
    const message = error instanceof Error ? error.message || error.name : String(error);
    process.stderr.write(error instanceof ConfigError ? `${message}\n` : `the ${name} could not start: ${message}\n`);
    process.exit(1);
  });
}

async function startService(start: (config: Config) => Promise<RunningService>): Promise<void> {
  const config = loadConfig(process.env, { requireServices: true });
  await useOwnCalendars(config.calendars.dir);
  const { url, stop, logger } = await start(config);
  // Code of the user runs in this process: what it throws in a timer, or in an event without a listener, must not end it (I12).
  if (config.repositories.modulePath !== undefined) {
    process.on('uncaughtException', (err) =>
      logger.error({ err }, 'an error that nothing handles; the module of repositories?'),
    );
  }
  stopOnSignals(stop, (outcomes) => logger.info({ outcomes }, 'stopped'));
  process.send?.({ ready: true, url });
}

/** The version in the package.json of the package that this file is part of, such as `0.1.0`. @param folder where the search for the nearest package.json starts */
export function barkeepVersion(folder = __dirname): string {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return barkeepVersion(dirname(folder));
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
  if (typeof version !== 'string') throw new Error(`${file}: expected a version, was ${JSON.stringify(version)}`);
  return version;
}
