/** `@barkeep/cli`: the `barkeep` command. Other packages may build its program; nothing else is public. */
export { CliError, EXIT } from './terminal/index.js';
export { buildProgram } from './program.js';
