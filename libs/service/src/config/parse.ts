/**
 * Reads the environment against the table of variables.
 *
 * Guarantees: collects problems instead of throwing; an empty string counts as unset; no problem shows a secret. Rules between
 * two variables are in `config.ts`.
 */
import { distance } from 'fastest-levenshtein';
import type { ConfigProblem } from './errors.js';
import type { Variable } from './variable.js';
import { allVariables } from './variables.js';

const ownPrefixes = ['BARKEEP_', 'DATA_UPKEEP_'];

/** The text of a variable: from `env`, trimmed, else its default, else `undefined`. */
export function rawValue(variable: Variable<unknown>, env: NodeJS.ProcessEnv): string | undefined {
  return env[variable.name]?.trim() || variable.default;
}

/** The value of a variable, `undefined` when it is unset and has no default. Throws a ZodError when it is invalid. */
export function readValue<T>(variable: Variable<T>, env: NodeJS.ProcessEnv): T | undefined {
  const raw = rawValue(variable, env);
  return raw === undefined ? undefined : variable.schema.parse(raw);
}

/** The known name that is most similar to `name`, or `undefined` when none is similar enough. */
export function nearestVariable(name: string): string | undefined {
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
    if (raw === undefined || variable.schema.safeParse(raw).success) return [];
    const was = variable.secret
      ? 'something else (not shown: it may hold a secret)'
      : JSON.stringify(raw.slice(0, 200));
    return [{ variable: variable.name, expected: variable.expected, was }];
  });
}
