/** Asks a server program for its version. */
import { spawnSync, type SpawnSyncOptions } from 'node:child_process';

/** How a program prints its version, and the oldest major version that is supported. */
export interface VersionRule {
  /** Its group is the major version. */
  readonly pattern: RegExp;
  readonly majorMin: number;
}

/** The major version in the output of a program; NaN when there is none. */
export function majorIn(output: string, { pattern }: VersionRule): number {
  return Number(pattern.exec(output)?.[1]);
}

/** Runs `path --version`. @returns the major version, or the reason why the program cannot be used */
export function examineProgram(path: string, rule: VersionRule, options: SpawnSyncOptions): number | string {
  const run = spawnSync(path, ['--version'], { timeout: 10_000, ...options, encoding: 'utf8' });
  const major = majorIn(run.stdout ?? '', rule);
  if (Number.isNaN(major)) return run.error?.message ?? run.stderr.trim();
  return major < rule.majorMin ? `expected version ${rule.majorMin} or later, was ${major}` : major;
}
