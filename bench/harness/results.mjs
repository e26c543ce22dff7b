/** Formats results: as a table for the terminal and for bench/RESULTS.md, and as bench/results.json for programs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..');
const HEAD = ['scenario', 'arm', 'median', 'unit', 'spread', 'of limit', 'of baseline', 'B/bar', 'CPU s'];
const TEXT_COLUMNS = new Set(['scenario', 'arm', 'unit', 'CPU s']);

/** A figure rounded to `digits` significant digits, or from 1,000 on to a whole number; a dash for undefined. */
function numberText(value, digits = 3) {
  if (value === undefined) return '–';
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(digits)));
}

/** The rows of a scenario in the table, one for each arm, with cells under {@link HEAD}. */
function rows({ id, unit, figures }) {
  return figures.map((figure, i) => [
    i === 0 ? id : '',
    figure.name,
    numberText(figure.rate, 4),
    figure.unit ?? unit,
    `${Math.round(figure.spread * 100)} %`,
    numberText(figure.ratioToLimit),
    numberText(figure.ratioToBaseline),
    numberText(figure.bytesPerBar),
    Object.entries(figure.cpu)
      .map(([name, seconds]) => `${name} ${seconds?.toFixed(2) ?? '–'}`)
      .join(', ') || '–',
  ]);
}

/** A line for each scenario: the targets that it missed, or that it reached all of them. */
const verdicts = (results) =>
  results.map(({ id, targets, missed }) =>
    missed.length > 0
      ? `${id}: missed ${missed.join('; ')}`
      : `${id}: ${Object.keys(targets).length > 0 ? 'reached every target' : 'has no target'}`,
  );

/** The table for the terminal, and a line per scenario about its targets. Columns of numbers are aligned to the right. */
export function consoleTable(results) {
  const table = [HEAD, ...results.flatMap(rows)];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const pad = (cell, i) => (TEXT_COLUMNS.has(HEAD[i]) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  const lineOf = (row) => row.map(pad).join('  ').trimEnd();
  return [...table.map(lineOf), '', ...verdicts(results)].join('\n');
}

/** Writes RESULTS.md and results.json. @param results the results of `runScenario` @param machine that of `Bench.machine` */
export function writeResults(results, machine) {
  writeFileSync(join(FOLDER, 'RESULTS.md'), markdown(results, machine));
  const json = Object.fromEntries(results.map((result) => [result.id, jsonOf(result)]));
  writeFileSync(join(FOLDER, 'results.json'), `${JSON.stringify(json, null, 2)}\n`);
}

function markdown(results, machine) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`;
  const list = (entries) => entries.map((entry) => `- ${entry}\n`).join('');
  return `# Bench results

The last results of \`npm run bench\`, which writes this page. The machine was shared: compare ratios, not absolute figures.

Each scenario has arms, which run in turn. \`value\` is what Barkeep does. \`limit\` is a simple program that does only the work that no
program can avoid, one step after the other; Barkeep can be faster where it does several steps at once. \`baseline\` is the obvious way to
do the whole work. Other arms are parts or variants. [Performance](../docs/performance.md) has the reasons for the results.

- **median** of all rounds. Of rates, more is better; of ms, less.
- **of limit, of baseline**: each sample is divided by the sample of the limit (or of the baseline) of the same round. The column has the
  median of these ratios, which differs from the ratio of the two medians. Above 1 is faster for rates, and slower for ms. In S7 each size of
  a gap has a limit of the same size.
- **spread**: the largest minus the smallest sample, divided by the median. It means nothing for a median near 0, such as that of S9's extra
  CPU.
- **B/bar**: memory of Redis for each stored bar. **CPU s**: CPU seconds of one sample, by process.

The last lines say whether each scenario reached its targets, which its file in [scenarios](scenarios) states.

${list(Object.entries(machine).map(([name, value]) => `${name}: ${value}`))}
${list(results.map(({ id, title }) => `**${id}** ${title}`))}
${[HEAD, HEAD.map(() => '---'), ...results.flatMap(rows)].map(line).join('')}
${list(verdicts(results))}`;
}

/** The result of one scenario as an object of results.json; null where it has no such figure. */
function jsonOf({ unit, figures, missed }) {
  const { limit, value, baseline, ...others } = Object.fromEntries(figures.map(({ name, ...rest }) => [name, rest]));
  return {
    value: value.rate,
    unit,
    limit: limit?.rate ?? null,
    baseline: baseline?.rate ?? null,
    ratioToLimit: value.ratioToLimit ?? null,
    ratioToBaseline: value.ratioToBaseline ?? null,
    spread: value.spread,
    bytesPerBar: value.bytesPerBar ?? null,
    cpuSeconds: value.cpu,
    missed,
    others,
  };
}
