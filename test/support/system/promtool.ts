/** Prometheus' own checker. If it is missing, skipped tests say so, and how to install it. */
import { execFileSync } from 'node:child_process';
import { programOnPath } from '../setup/program-on-path.js';

const PROGRAM = programOnPath('promtool');

/** Like `describe`. Without promtool the tests are skipped, and the end of the run lists them (skip-reporter.cjs). */
export function describeWithPromtool(name: string, tests: () => void): void {
  if (PROGRAM) return describe(name, tests);
  const reason = 'skipped: there is no promtool on the PATH (Debian: apt-get install prometheus)';
  describe.skip(`${name} (${reason})`, tests);
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
