/** `@barkeep/service`: the environment, validated once, and the life of a service: start, connect, stop in order. */
export { ApiKeys, isLoopbackHost, presentedKeys } from './api-keys.js';
export * from './config/index.js';
export * from './process/index.js';
