/** Runs the `barkeep` command of this checkout as a user does. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** The program, which Node runs. */
export const BARKEEP = join(__dirname, '../../../apps/cli/bin/barkeep.js');

/** How a command ended. */
export interface CommandOutcome {
  /** -1: a signal ended it, or it could not start. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end. @param cwd the folder in which it runs @param env all of its variables */
export function runBarkeep(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<CommandOutcome> {
  return new Promise((resolve) =>
    execFile(process.execPath, [BARKEEP, ...args], { cwd, env }, (error, stdout, stderr) => {
      const failureCode = typeof error?.code === 'number' ? error.code : -1;
      resolve({ code: error ? failureCode : 0, stdout, stderr });
    }),
  );
}
