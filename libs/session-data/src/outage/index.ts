/** Which errors mean that a server is away, and which that the data of a session is broken. */
export { isBrokenStore, isOutage, isRedisOutage } from './outage.js';
