/** Assembles the command line. Each command has its own file; the context carries what commands share. */
import { barkeepVersion } from '@barkeep/service';
import { Command } from 'commander';
import {
  barsCommand,
  calendarCommand,
  certifyCommand,
  compareCommand,
  completionCommand,
  datasetCommand,
  datasetsCommand,
  demoCommand,
  doctorCommand,
  digestCommand,
  eventsCommand,
  exportCommand,
  feedCommand,
  gapsCommand,
  metricsCommand,
  importCommand,
  initCommand,
  lifecycleCommands,
  packCommand,
  removeCommand,
  type RunCommand,
  runSessionCommand,
  statusCommand,
  upCommand,
} from './commands/index.js';
import { withLifetime, wrapped } from './terminal/index.js';
import { Context } from './services/index.js';

const OVERVIEW = `
A command uses the first of these that exists: the coordinator of --coordinator or BARKEEP_URL, or the servers of
REDIS_URL, SESSION_REDIS_URL and DATABASE_URL; a running "barkeep up" of this project; or private servers, which
it starts and stops again. Private servers keep their data in .barkeep/up of the project.

First steps:
  barkeep demo                  see it work
  barkeep init my-strategies    a folder with data, a session and a strategy
  barkeep up                    start Barkeep, and leave it running`;

/** The whole command line. It throws instead of ending the process: the caller chooses the exit code. */
export function buildProgram(run: RunCommand = runInLifetime): Command {
  const program = new Command('barkeep')
    .description('bars in time order, a clock that never shows the future, complete data')
    .version(barkeepVersion())
    .addHelpText('after', OVERVIEW);
  const commands = [upCommand, importCommand, runSessionCommand, statusCommand, barsCommand, digestCommand];
  const live = [eventsCommand, feedCommand, gapsCommand, metricsCommand, exportCommand];
  const proofs = [certifyCommand, compareCommand];
  const more = [
    removeCommand,
    ...lifecycleCommands,
    datasetsCommand,
    datasetCommand,
    packCommand,
    calendarCommand,
    demoCommand,
    initCommand,
    doctorCommand,
    completionCommand,
  ];
  for (const make of [...commands, ...live, ...proofs, ...more]) program.addCommand(make(run));
  throwInsteadOfExit(program);
  return program;
}

async function runInLifetime(work: (context: Context) => Promise<number>): Promise<void> {
  process.exitCode = await withLifetime((life) => work(new Context(life)));
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for how it is used)');
  command.configureOutput({ writeOut: (text) => process.stdout.write(wrapped(text)) });
  for (const child of command.commands) throwInsteadOfExit(child);
}
