/** `@barkeep/service`: the environment, validated once, and the life of a service: start, connect, stop in order. */
export {
  type Config,
  ConfigError,
  jobPrefix,
  loadConfig,
  readServiceUrls,
  serviceEnvironment,
  type ServiceUrls,
} from './config/index.js';
export { ApiKeys, isLoopbackHost, presentedKeys } from './api-keys.js';
export {
  barkeepVersion,
  type Connections,
  openConnections,
  readCalendars,
  type RunningService,
  runService,
  STOP_ORDER,
  StopSequence,
  useOwnCalendars,
} from './process/index.js';
