/** Assembles the command line. Each command has its own file. */
import { barkeepVersion } from '@barkeep/service';
import { Command } from 'commander';
import { COMMANDS } from './commands/index.js';
import { wrapped } from './terminal/index.js';

const OVERVIEW = `
A command uses the first of these that exists: the coordinator of --coordinator or BARKEEP_URL, or the servers of
REDIS_URL, SESSION_REDIS_URL and DATABASE_URL; a running "barkeep up" of this project; or private servers, which
it starts and stops again. Private servers keep their data in .barkeep/up of the project.

First steps:
  barkeep demo                  see it work
  barkeep init my-strategies    a folder with data, a session and a strategy
  barkeep up                    start Barkeep, and leave it running`;

/** The whole command line. It throws instead of ending the process: the caller chooses the exit code. */
export function buildProgram(): Command {
  const program = new Command('barkeep')
    .description('bars in time order, a clock that never shows the future, complete data')
    .version(barkeepVersion())
    .addHelpText('after', OVERVIEW);
  for (const make of COMMANDS) program.addCommand(make());
  throwInsteadOfExit(program);
  return program;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for how it is used)');
  command.configureOutput({ writeOut: (text) => process.stdout.write(wrapped(text)) });
  for (const child of command.commands) throwInsteadOfExit(child);
}
