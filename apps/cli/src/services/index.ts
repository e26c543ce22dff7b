/** Servers and apps that a command uses. */
export { type Database, openCoordinator, openDatabase, withoutPassword } from './servers.js';
export { type ConnectionOptions, Context } from './context.js';
