/**
 * Makes `.env.example` from the table of variables: description, unit, default.
 *
 * Guarantees: every variable is listed once, commented out, in the order of the table.
 */
import { allVariables } from './variables.js';

/** The text that `.env.example` holds. */
export function envExample(): string {
  const head = '# Every variable that Barkeep reads, with its unit and its default. An empty value counts as unset.\n';
  const entries = allVariables.map(
    ({ name, doc, unit, default: value }) =>
      `\n# ${doc}\n# ${unit}; default: ${value ?? 'unset'}\n# ${name}=${value ?? ''}\n`,
  );
  return head + entries.join('');
}
