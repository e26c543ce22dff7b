/** Problems of an input: each names the field, what was expected there, and what it was. Pure. */
import type { z } from 'zod';

export interface FieldProblem {
  /** Path of the field, such as `upkeep.everySeconds` or `symbols[3]`; empty for the whole input. */
  field: string;
  expected: string;
  was: string;
}

/** Adds a problem to a list. */
export type Report = (field: string, expected: string, was: unknown) => void;

/** The problems that a zod error reports, one for each field. @param input the value that was parsed */
export function problemsOf(error: z.ZodError, input: unknown): FieldProblem[] {
  const byField = new Map<string, FieldProblem>();
  for (const problem of error.issues.flatMap((issue) => problemsOfIssue(issue, [], input))) {
    // zod reports a wrong type first. Then it may still check the length, for example of a text in place of a list.
    if (!byField.has(problem.field)) byField.set(problem.field, problem);
  }
  return [...byField.values()];
}

function problemsOfIssue(issue: z.core.$ZodIssue, parent: readonly PropertyKey[], input: unknown): FieldProblem[] {
  const path = [...parent, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldPath([...path, key]),
      expected: 'no such field',
      was: shown(valueAt(input, [...path, key])),
    }));
  }
  // For a union, zod reports the issues of every form. When the value has one of the forms, only the issues of that form help.
  const form = issue.code === 'invalid_union' ? issue.errors.find(hasForm) : undefined;
  if (form) return form.flatMap((inner) => problemsOfIssue(inner, path, input));
  // The schema's own messages say what was expected. For a wrong type, zod's default message begins with "Invalid input".
  const isDefaultMessage = issue.code === 'invalid_type' && issue.message.startsWith('Invalid input');
  const expected = isDefaultMessage ? issue.expected : issue.message;
  return [{ field: fieldPath(path), expected, was: shown(valueAt(input, path)) }];
}

/** Whether a value has the form that reports these issues: none says that the value as a whole is of a wrong type or a wrong literal. */
function hasForm(issues: readonly z.core.$ZodIssue[]): boolean {
  return !issues.some(({ code, path }) => path.length === 0 && ['invalid_type', 'invalid_value'].includes(code));
}

/** `upkeep.everySeconds`, `symbols[3]`; empty for the whole input. */
function fieldPath(path: readonly PropertyKey[]): string {
  const parts = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return parts.join('').replace(/^\./, '');
}

/** The value at a path. A text that a number follows is a list separated by commas, as in a query string. */
function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((parent, key) => {
    const value = typeof parent === 'string' && typeof key === 'number' ? parent.split(',') : parent;
    return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }, input);
}

/**
 * A value as an error message shows it: on one line, at most 80 characters. A value that JSON cannot have is shown by its type, and undefined
 * as `nothing`.
 */
export function shown(value: unknown): string {
  const text = jsonOf(value) ?? (value === undefined ? 'nothing' : typeof value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** The JSON of a value; undefined for a value without JSON, such as a function or an object that has itself inside. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
