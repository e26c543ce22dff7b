/** Runs a program to its end, whatever its exit code is. */
import { execFile } from 'node:child_process';

/** How a program ended, and what it printed. */
export interface ProgramRun {
  code: number;
  stdout: string;
  stderr: string;
}

interface ProgramOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** After this time the program is killed. 0: never. @default 0 */
  timeout?: number;
}

const OUTPUT_BYTES_MAX = 1 << 26;

export function runProgram(program: string, args: readonly string[], options: ProgramOptions): Promise<ProgramRun> {
  return new Promise((resolve) => {
    execFile(program, args, { ...options, maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) => {
      // An error without a number, reported as code 1: the program did not start, or a signal ended it.
      const failureCode = typeof error?.code === 'number' ? error.code : 1;
      resolve({ code: error ? failureCode : 0, stdout, stderr });
    });
  });
}
