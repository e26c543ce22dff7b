/** `barkeep init`: makes a folder with sample data, a spec and a strategy that run. */
import { makeMissingFolder } from '@barkeep/local-system';
import { barkeepVersion } from '@barkeep/service';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { CliError, type OutputOptions, printResult } from '../terminal/index.js';
import { csvFile, csvRow, makeMarket } from '../demo/index.js';
import { CliCommand } from './command.js';

const EXAMPLES = `
Example:
  barkeep init my-strategies

The folder must be new or empty. Its README.md says how to run it.`;

export const initCommand = () =>
  new CliCommand('init', 'make a folder with sample data, a session spec and a strategy', EXAMPLES)
    .argument('<folder>')
    .option('--json', 'print { folder, files }')
    .work(async (_context, folder: string, options: OutputOptions) => {
      const path = resolve(folder);
      const files = await writeFiles(path);
      const text = `${folder}: ${files.join(', ')}\nnow read ${join(folder, 'README.md')}`;
      printResult(options, { folder: path, files }, () => text);
    });

/** Writes the files. @returns their names @throws CliError when the folder has files */
async function writeFiles(path: string): Promise<string[]> {
  makeMissingFolder(path);
  if ((await readdir(path)).length > 0)
    throw new CliError(`expected a new or an empty folder, was ${path}, which has files`);
  const needsInstall = !hasClient(path);
  const market = makeMarket();
  const contents: Record<string, string> = {
    'README.md': readme(needsInstall),
    'package.json': manifest(needsInstall),
    'reference.csv': csvFile(market.reference.map(csvRow)),
    'session.json': jsonText(SPEC),
    'strategy.ts': STRATEGY,
    'stream.csv': csvFile(market.streamRows),
  };
  const names = Object.keys(contents);
  try {
    for (const name of names) await writeFile(join(path, name), contents[name]!);
  } catch (error) {
    for (const name of names) await rm(join(path, name), { force: true }); // so that the same command can be given again
    throw error;
  }
  return names;
}

function readme(needsInstall: boolean): string {
  const install = needsInstall
    ? '    npm install                   # packages from files: npm install PATH/barkeep-c*.tgz\n'
    : '';
  return `# A strategy on Barkeep

\`stream.csv\` is a week of ten symbols from a bad feed: minutes are missing and a few rows are corrupt.
\`reference.csv\` has the missing bars. The session of \`session.json\` streams the first and repairs it from the second.

${install}    npx barkeep up                # in a second terminal, in this folder; Ctrl-C stops it
    npx barkeep import stream.csv --dataset stream
    npx barkeep import reference.csv --dataset reference
    npx barkeep run session.json
    npx tsx strategy.ts           # Node 22.18 and later also run it as: node strategy.ts
`;
}

function manifest(needsInstall: boolean): string {
  const dependencies = { '@barkeep/cli': barkeepVersion(), '@barkeep/client': barkeepVersion() };
  const packages = needsInstall ? { dependencies, devDependencies: { tsx: '^4' } } : {};
  return jsonText({ name: 'my-strategies', private: true, type: 'module', ...packages });
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** True when programs in this folder can import the client library, from the folder or one above it. */
function hasClient(folder: string): boolean {
  try {
    createRequire(join(folder, 'strategy.ts')).resolve('@barkeep/client');
    return true;
  } catch {
    return false;
  }
}

const SPEC = {
  id: 'first',
  symbols: ['ALPHA', 'EMBER'],
  start: '2024-03-04',
  end: '2024-03-08',
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['reference'],
  derivedIntervals: ['5m', '15m'], // the default, so the session of the strategy below has the same
};

const STRATEGY = `/** Buys EMBER when the average of the last 5 five-minute closes is above that of the last 20. */
import { runBacktest } from '@barkeep/client';

const average = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
let [position, cash, last] = [0, 0, 0];

await runBacktest({
  spec: {
    symbols: ['ALPHA', 'EMBER'],
    start: '2024-03-04',
    end: '2024-03-08',
    source: { type: 'dataset', dataset: 'stream' },
    backfill: ['reference'],
  },
  every: '5m',
  onStep({ mirror }) {
    const closes = mirror.closes('EMBER', 20, '5m'); // oldest first, none after this step
    if (closes.length < 20) return;
    last = closes.at(-1)!;
    const wanted = average(closes.slice(-5)) > average(closes) ? 1 : 0;
    cash -= (wanted - position) * last;
    position = wanted;
  },
});
console.log(\`profit and loss per share: \${(cash + position * last).toFixed(2)}\`);
`;
