/** Assembles the command line from the commands in commands/. */
import { barkeepVersion } from '@barkeep/service';
import type { Command } from 'commander';
import { CliCommand, COMMANDS } from './commands/index.js';

const DESCRIPTION = 'bars in time order, a clock that never shows the future, complete data';
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
  const program = new CliCommand('barkeep', DESCRIPTION, OVERVIEW).version(barkeepVersion());
  for (const make of COMMANDS) program.addCommand(make());
  return program;
}
