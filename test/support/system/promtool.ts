/** Runs promtool, which checks the configuration and the rules of Prometheus. */
import { execFileSync } from 'node:child_process';
import { describeOrSkip } from '../setup/describe-or-skip.js';
import { programOnPath } from '../setup/program-on-path.js';

const PROGRAM = programOnPath('promtool');

/** Like `describe`. Without promtool the tests are skipped. */
export function describeWithPromtool(name: string, tests: () => void): void {
  const reason = 'there is no promtool on the PATH (Debian: apt-get install prometheus)';
  describeOrSkip(name, PROGRAM ? undefined : reason, tests);
}

/** Runs promtool. @returns its output @throws an error with its output when it reports a problem */
export function promtool(args: readonly string[], options: { cwd?: string; input?: string } = {}): string {
  try {
    return execFileSync(PROGRAM!, args, { encoding: 'utf8', stdio: 'pipe', ...options });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool ${args.join(' ')}:\n${stdout}${stderr}`, { cause: error });
  }
}
