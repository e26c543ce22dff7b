/** What exists before the application and outlives it: configuration, connections, log, traces. */
import type { UpkeepDefaults } from '@barkeep/bars';
import type { Metrics, Tracing } from '@barkeep/observe';
import type { Config, Connections, StopSequence } from '@barkeep/service';
import type { Logger } from 'pino';

export interface AppContext {
  config: Config;
  connections: Connections;
  logger: Logger;
  metrics: Metrics;
  stop: StopSequence;
  tracing: Tracing;
}

/** Injection token of the `AppContext`. */
export const APP_CONTEXT = Symbol('APP_CONTEXT');

/** The upkeep of a session whose spec says nothing about it. */
export function upkeepDefaults({ upkeep }: Config): UpkeepDefaults {
  return { ...upkeep, everySeconds: upkeep.checkIntervalMs / 1000 };
}
