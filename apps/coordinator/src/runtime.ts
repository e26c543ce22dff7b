/** What exists before the application starts and after it has stopped: configuration, connections, log, metrics, traces. */
import type { UpkeepDefaults } from '@barkeep/bars';
import type { Metrics, Tracing } from '@barkeep/observe';
import type { Config, Connections, StopSequence } from '@barkeep/service';
import type { Logger } from 'pino';

/** What the modules of the application get by injection. */
export interface AppContext {
  config: Config;
  connections: Connections;
  logger: Logger;
  metrics: Metrics;
  stop: StopSequence;
  tracing: Tracing;
}

export const APP_CONTEXT = Symbol('APP_CONTEXT');

/** The upkeep settings of a session whose spec has none. */
export function upkeepDefaults({ upkeep }: Config): UpkeepDefaults {
  return { ...upkeep, everySeconds: upkeep.checkIntervalMs / 1000 };
}
