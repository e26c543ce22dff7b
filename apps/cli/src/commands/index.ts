/** The subcommands of `barkeep`. */
export { barsCommand } from './bars.js';
export { calendarCommand } from './calendar.js';
export { certifyCommand } from './certify.js';
export { compareCommand } from './compare.js';
export { datasetCommand, datasetsCommand } from './datasets.js';
export { demoCommand } from './demo.js';
export { eventsCommand } from './events.js';
export { feedCommand } from './feed.js';
export { importCommand } from './import.js';
export { packCommand } from './pack.js';
export { type RunCommand } from './run-command.js';
export { runSessionCommand } from './run.js';
export { digestCommand, lifecycleCommands, removeCommand, statusCommand } from './sessions.js';
export { upCommand } from './up.js';
