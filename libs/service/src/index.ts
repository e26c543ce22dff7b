/** `@barkeep/service`: what every service needs: API keys, the configuration, connections, start and stop. */
export { ApiKeys, isLoopbackHost, presentedKeys } from './api-keys.js';
export * from './config/index.js';
export { errorCode, errorText } from './error-text.js';
export * from './process/index.js';
export { RecentMap } from './recent-map.js';
export { tlsProblem } from './tls-problem.js';
