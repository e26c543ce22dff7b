/** Servers and apps that a command uses. */
export { checkCoordinator, checkServers, SERVERS, withoutPassword } from './addresses.js';
export { type ConnectionOptions, Context } from './context.js';
export { type Database, openDatabase } from './database.js';
