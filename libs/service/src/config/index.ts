/** The environment, validated once into one frozen object. */
export * from './config.js';
export { jobPrefix } from './variables.js';
