/** The subcommands of `barkeep`. */
import { barsCommand, gapsCommand, metricsCommand } from './symbol-data.js';
import { calendarCommand } from './calendar.js';
import { certifyCommand } from './certify.js';
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
import { upCommand } from './up.js';

export { CliCommand } from './command.js';

/** Functions that create the commands, in the order in which `barkeep --help` lists them. */
export const COMMANDS = [
  [upCommand, importCommand, runSessionCommand, statusCommand, barsCommand, digestCommand],
  [eventsCommand, feedCommand, gapsCommand, metricsCommand, exportCommand, certifyCommand, compareCommand],
  [removeSessionCommand, ...lifecycleCommands, datasetsCommand, datasetCommand, packCommand, calendarCommand],
  [demoCommand, initCommand, doctorCommand, completionCommand],
].flat();
