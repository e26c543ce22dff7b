/** The error for an invalid environment. It lists all problems at once, so that the user can fix all of them. */

/** One problem of one variable. `was` never holds a secret. */
export interface ConfigProblem {
  readonly variable: string;
  readonly expected: string;
  readonly was: string;
}

/** The environment is invalid; `problems` lists every problem, in the order of the table. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, expected, was }) => `  ${variable}: expected ${expected}, was ${was}`);
    super(`${problems.length} problem${problems.length === 1 ? '' : 's'} in the environment:\n${lines.join('\n')}`);
  }
}
