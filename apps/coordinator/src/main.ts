/** The coordinator's process: configuration, start, signals, exit code. Tells a parent process when it is ready. */
import 'reflect-metadata';
import { ConfigError, loadConfig, type Config } from '@barkeep/config';
import { startCoordinator } from './coordinator.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { stopOnSignals } from './shutdown.js';

async function main(): Promise<void> {
  const config = configuration();
  const { url, stop, logger } = await startCoordinator(config, [SessionsModule.of(config)]);
  stopOnSignals(stop, (outcomes) => logger.info({ outcomes }, 'stopped'));
  process.send?.({ ready: true, url });
}

/** The configuration, or the end of the process with all that is wrong with it. */
function configuration(): Config {
  try {
    return loadConfig(process.env, { requireServices: true });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message || error.name : String(error);
  process.stderr.write(`the coordinator could not start: ${message}\n`);
  process.exit(1);
});
