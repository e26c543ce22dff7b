/**
 * The table of tested combinations in docs/support.md. Pure.
 *
 * A result has the versions of one combination, the date, the counts of tests, and `only`: the pattern of the test files that ran, undefined
 * when all did.
 */

/** The table is between these lines. */
const [BEGIN, END] = ['<!-- test:matrix -->', '<!-- /test:matrix -->'];

/** The first cells of a row. */
const versionsOf = ({ node, redis, postgres }) => `| ${node} | ${redis} | ${postgres} |`;

/** The row of a result. */
export function rowOf(result) {
  const { date, passed, failed, only } = result;
  const files = only === undefined ? '' : ` (only files \`${only}\`)`;
  return `${versionsOf(result)} ${passed} passed, ${failed} failed${files} | ${date} |`;
}

/**
 * The document with the row of a result, which replaces an earlier row of the same versions. The rows are sorted. A result of only some
 * test files proves nothing for its versions, so it changes nothing. @param {string} document
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
