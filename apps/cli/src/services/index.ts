/** Servers and apps that a command uses. */
export { type ConnectionOptions, Context } from './context.js';
export { type Database, openDatabase } from './database.js';
