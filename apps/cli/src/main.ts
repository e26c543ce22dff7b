/** Entry point of the `barkeep` command: runs it, prints an error as one line on stderr and sets the exit code. */
import { CommanderError } from 'commander';
import { CliError, EXIT } from './terminal/index.js';
import { buildProgram } from './program.js';

async function main(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** Commander has already printed its own errors. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.failed;
  if (error instanceof CliError) {
    process.stderr.write(`barkeep: ${error.message}\n`);
    return error.exitCode;
  }
  const text =
    error instanceof Error ? (isExpected(error) ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`barkeep: ${text}\n`);
  return EXIT.failed;
}

/** Our libraries throw one error class per cause, with a message for the user. A bare Error or TypeError is a bug: print its stack. */
function isExpected(error: Error): boolean {
  return !['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'].includes(error.name) || 'code' in error;
}

// A pipe that is closed early (`barkeep bars … | head`) is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});
void main(process.argv);
