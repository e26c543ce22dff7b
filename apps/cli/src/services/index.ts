/** Servers and apps that a command uses. */
export { checkCoordinator, type Database, openDatabase, withoutPassword } from './servers.js';
export { type ConnectionOptions, Context } from './context.js';
