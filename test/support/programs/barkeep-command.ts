/** Runs the `barkeep` command of this checkout as a user does. */
import { join } from 'node:path';
import { type ProgramRun, runProgram } from './run-program.js';

/** The program, which Node runs. */
export const BARKEEP = join(__dirname, '../../../apps/cli/bin/barkeep.js');

/** Runs a command to its end. @param cwd the folder in which it runs @param env all of its variables */
export function runBarkeep(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<ProgramRun> {
  return runProgram(process.execPath, [BARKEEP, ...args], { cwd, env });
}
