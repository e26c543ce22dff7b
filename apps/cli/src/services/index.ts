/** Servers and apps that a command uses. */
export { withoutPassword } from './addresses.js';
export { type Database, openCoordinator, openDatabase } from './servers.js';
export { type ConnectionOptions, Context } from './context.js';
