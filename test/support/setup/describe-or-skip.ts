/**
 * Like `describe`. With a reason the tests are skipped, and their name states it: the end of the run lists them
 * (skip-reporter.cjs).
 */
export function describeOrSkip(name: string, reason: string | undefined, tests: () => void): void {
  if (reason === undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: ${reason})`, tests);
}
