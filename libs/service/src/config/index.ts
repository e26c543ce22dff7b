/** The environment, validated once into one frozen object. */
export {
  type Config,
  ConfigError,
  loadConfig,
  readServiceUrls,
  serviceEnvironment,
  type ServiceUrls,
} from './config.js';
export { jobPrefix } from './variables.js';
