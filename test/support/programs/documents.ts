/** The code blocks of README and docs/, and the session that the documents use in examples. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { snippetsOf } from './snippets.js';

const ROOT = join(__dirname, '../../..');
const PATHS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Each document by its path from the root, with its blocks in order. */
export const DOCUMENTS = PATHS.map((path) => ({
  path,
  snippets: snippetsOf(path, readFileSync(join(ROOT, path), 'utf8')),
}));

/** The session `march`, over the datasets of the demonstration. */
export const MARCH = {
  id: 'march',
  symbols: ['ALPHA', 'EMBER'],
  start: '2024-03-04',
  end: '2024-03-08',
  source: { type: 'dataset', dataset: 'stream' },
  backfill: ['reference'],
};
