/** What went wrong in the environment: all problems of one reading together, so that one look fixes all of them. */

/** One thing wrong with one variable. `was` never holds a secret. */
export interface ConfigProblem {
  readonly variable: string;
  readonly expected: string;
  readonly was: string;
}

/** The environment is not usable; `problems` lists everything that is wrong with it, in the order of the table. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, expected, was }) => `  ${variable}: expected ${expected}, was ${was}`);
    super(`${problems.length} problem${problems.length === 1 ? '' : 's'} in the environment:\n${lines.join('\n')}`);
  }
}
