/** Assembles the `barkeep` command line from its subcommands. */
import { barkeepVersion } from '@barkeep/service';
import type { Command } from 'commander';
import { calendarCommand } from './calendar.js';
import { certifyCommand } from './certify.js';
import { CliCommand } from './command.js';
import { compareCommand } from './compare.js';
import { completionCommand } from './completion.js';
import { datasetCommand, datasetsCommand } from './datasets.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { eventsCommand } from './events.js';
import { exportCommand } from './export.js';
import { feedCommand } from './feed.js';
import { importCommand } from './import.js';
import { initCommand } from './init.js';
import { packCommand } from './pack.js';
import { runSessionCommand } from './run.js';
import { digestCommand, lifecycleCommands, removeSessionCommand, statusCommand } from './sessions.js';
import { barsCommand, gapsCommand, metricsCommand } from './symbol-data.js';
import { upCommand } from './up.js';

/** Functions that create the commands, in the order in which `barkeep --help` lists them. Their division into lines means nothing. */
const COMMANDS = [
  [upCommand, importCommand, runSessionCommand, statusCommand, barsCommand, digestCommand],
  [eventsCommand, feedCommand, gapsCommand, metricsCommand, exportCommand, certifyCommand, compareCommand],
  [removeSessionCommand, ...lifecycleCommands, datasetsCommand, datasetCommand, packCommand, calendarCommand],
  [demoCommand, initCommand, doctorCommand, completionCommand],
].flat();

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
