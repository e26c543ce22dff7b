/**
 * Reads the environment against the table of variables.
 *
 * Guarantees: collects problems instead of throwing; an empty string counts as unset; no problem shows a secret. Rules between
 * two variables are in `config.ts`.
 */
import { distance } from 'fastest-levenshtein';
import type { Variable } from './variable.js';
import { allVariables } from './variables.js';

/** One problem of one variable. `was` never holds a secret. */
export interface ConfigProblem {
  readonly variable: string;
  readonly expected: string;
  readonly was: string;
}

/** The environment is invalid; `problems` lists every problem, in the order of the table, so that the user can fix all of them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, expected, was }) => `  ${variable}: expected ${expected}, was ${was}`);
    super(`${problems.length} problem${problems.length === 1 ? '' : 's'} in the environment:\n${lines.join('\n')}`);
  }
}

const ownPrefixes = ['BARKEEP_', 'DATA_UPKEEP_'];

/** The text of a variable: from `env`, trimmed, else its default, else `undefined`. */
export function rawValue(variable: Variable<unknown>, env: NodeJS.ProcessEnv): string | undefined {
  return env[variable.name]?.trim() || variable.default;
}

/** The value of a variable in a valid environment. */
export function readValue<T>(variable: Variable<T>, env: NodeJS.ProcessEnv): T | undefined {
  const raw = rawValue(variable, env);
  return raw === undefined ? variable.unset : variable.read(raw);
}

/** The known name that is most similar to `name`, or `undefined` when none is similar enough. */
function nearestVariable(name: string): string | undefined {
  const ranked = allVariables.map((known) => ({ name: known.name, edits: distance(name, known.name) }));
  const best = ranked.toSorted((a, b) => a.edits - b.edits)[0];
  return best !== undefined && best.edits <= Math.ceil(name.length / 3) ? best.name : undefined;
}

/** One problem for each variable that has a prefix of Barkeep but is not in the table. */
export function unknownVariables(env: NodeJS.ProcessEnv): ConfigProblem[] {
  const known = new Set(allVariables.map((variable) => variable.name));
  return Object.keys(env)
    .filter((name) => ownPrefixes.some((prefix) => name.startsWith(prefix)) && !known.has(name))
    .map((name) => {
      const nearest = nearestVariable(name);
      const expected =
        nearest === undefined ? 'a variable listed in .env.example' : `a known name (did you mean ${nearest}?)`;
      return { variable: name, expected, was: 'an unknown name' };
    });
}

/** One problem for each invalid variable of `checked`. */
export function invalidVariables(
  env: NodeJS.ProcessEnv,
  checked: readonly Variable<unknown>[] = allVariables,
): ConfigProblem[] {
  return checked.flatMap((variable) => {
    const raw = rawValue(variable, env);
    if (raw === undefined || variable.read(raw) !== undefined) return [];
    const was = variable.secret
      ? 'something else (not shown: it may hold a secret)'
      : JSON.stringify(raw.slice(0, 200));
    return [{ variable: variable.name, expected: variable.expected, was }];
  });
}
