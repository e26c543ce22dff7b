/** The environment, validated once into one frozen object. */
export { type Config, loadConfig, readServiceUrls, serviceEnvironment, type ServiceUrls } from './config.js';
export { ConfigError } from './parse.js';
export { jobPrefix } from './variables.js';
