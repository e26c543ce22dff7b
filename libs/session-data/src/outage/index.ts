/** Which errors mean that a server is away. */
export { isOutage } from './outage.js';
