/** Servers and apps that a command uses. */
export { checkCoordinator, checkServers, type Database, openDatabase, SERVERS, withoutPassword } from './servers.js';
export { type ConnectionOptions, Context } from './context.js';
