/** Statements with values by name, because numbers are hard to follow in statements with many of them. Pure. */

/** The values of the `:names` in a statement. */
export type Values = Readonly<Record<string, unknown>>;

/** Numbers the `:names` of a statement. @returns the statement and its parameters, as `query` takes them */
export function bind(sql: string, values: Values): [sql: string, parameters: unknown[]] {
  const names = Object.keys(values);
  // A type such as `::int` is no name.
  const numbered = sql.replaceAll(/(?<!:):(\w+)/g, (_, name: string) => `$${names.indexOf(name) + 1}`);
  return [numbered, Object.values(values)];
}
