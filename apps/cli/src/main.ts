/** Entry point of the `barkeep` command: runs it, prints an error on stderr and sets the exit code. */
import { ApiProblemError } from '@barkeep/client';
import { CommanderError } from 'commander';
import { buildProgram } from './commands/index.js';
import { CliError, colour, EXIT } from './terminal/index.js';

async function main(): Promise<void> {
  try {
    await buildProgram().parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    report(error, process.argv.includes('--json'), process.exitCode);
  }
}

/** Prints an error on stderr, with --json as one object. Without --json Commander has printed its own errors before. */
function report(error: unknown, json: boolean, exitCode: number): void {
  if (exitCode === EXIT.ok || (error instanceof CommanderError && !json)) return;
  const message = messageOf(error);
  const name = error instanceof Error ? error.name : 'Error';
  const { kind, problems, requestId } = error instanceof ApiProblemError ? error : {};
  process.stderr.write(
    json
      ? `${JSON.stringify({ error: { name, message, exitCode, kind, problems, requestId } })}\n`
      : `${colour('red', 'barkeep:', process.stderr)} ${message}\n`,
  );
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // 0: --help or --version
  return error instanceof CliError ? error.exitCode : EXIT.failed;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof CommanderError || error instanceof CliError || isExpected(error)
    ? error.message
    : (error.stack ?? error.message);
}

/**
 * True for error classes of libraries, for errors with a code, such as ENOENT, and for the plain error of `pg` when PostgreSQL ends. Other
 * errors are bugs and need a stack.
 */
function isExpected(error: Error): boolean {
  if (error.message.startsWith('Connection terminated')) return true;
  return !['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'].includes(error.name) || 'code' in error;
}

// A pipe that is closed early (`barkeep bars … | head`) is not a failure; a full disk is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  process.stderr.write(`barkeep: stdout: ${error.message}\n`);
  process.exit(EXIT.failed);
});
// Progress and notes that cannot be written are no failure.
process.stderr.on('error', () => undefined);

// When nothing is left to wait for, Node exits with code 0 and without a message, even if the command has not finished.
function reportUnfinished(): void {
  process.stderr.write('barkeep: the command stopped before its end: nothing more was stored\n');
  process.exitCode = EXIT.failed;
}
process.once('beforeExit', reportUnfinished);
void main().finally(() => process.off('beforeExit', reportUnfinished));
