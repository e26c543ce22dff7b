/** The controllers of the HTTP API. */
export { CONTROLLERS } from './controllers.js';
