/** `@barkeep/cli`: the `barkeep` command. Other packages may build its program and read its errors. */
export { CliError, EXIT } from './terminal/index.js';
export { buildProgram } from './program.js';
