/**
 * Like `describe`, but with a reason the tests are skipped. The reason becomes part of the group's name, and
 * skip-reporter.cjs prints that name at the end of the run.
 */
export function describeOrSkip(name: string, reason: string | undefined, tests: () => void): void {
  if (reason === undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: ${reason})`, tests);
}
