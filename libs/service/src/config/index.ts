/** The environment, validated once into one frozen object. */
export { isLoopback, loadConfig, type Config } from './config.js';
export { envExample } from './env-example.js';
export { ConfigError, type ConfigProblem } from './errors.js';
export { jobPrefix } from './job-prefix.js';
export { readServiceUrls, serviceEnvironment, type ServiceUrls } from './services.js';
export { allVariables, variables } from './variables.js';
export type { Variable } from './variable.js';
