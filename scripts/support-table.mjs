/** The table of tested combinations in docs/support.md. Pure. */

/** The rows are between these lines. */
const [BEGIN, END] = ['<!-- test:matrix -->', '<!-- /test:matrix -->'];

/** The start of a row: the versions. */
const versionsOf = ({ node, redis, postgres }) => `| ${node} | ${redis} | ${postgres} |`;

/** A row of the table. @param result versions, counts of tests, and the pattern `only` if only some test files ran */
export function rowOf(result) {
  const { passed, failed, only } = result;
  const files = only === undefined ? '' : ` (only files \`${only}\`)`;
  const date = new Date().toISOString().slice(0, 10);
  return `${versionsOf(result)} ${passed} passed, ${failed} failed${files} | ${date} |`;
}

/**
 * The document with the row of a result, which replaces an earlier row of the same versions. The rows are sorted. A run of only some test
 * files is no test of its versions: it changes nothing. @param {string} document
 */
export function documentWith(document, result) {
  if (result.only !== undefined) return document;
  const [start, end] = [document.indexOf(BEGIN) + BEGIN.length, document.indexOf(END)];
  const [head, rule, ...rows] = document.slice(start, end).trim().split('\n');
  const unpadded = rows.map((line) => line.replaceAll(/ +/g, ' ')); // prettier pads the cells of a table
  const others = unpadded.filter((line) => !line.startsWith(versionsOf(result)));
  const table = [head, rule, ...[...others, rowOf(result)].sort()].join('\n');
  return `${document.slice(0, start)}\n\n${table}\n\n${document.slice(end)}`;
}
