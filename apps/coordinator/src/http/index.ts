/** The controllers of the HTTP API. */
export { HttpModule } from './http.module.js';
