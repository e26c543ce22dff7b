/**
 * A repository of the user's module (`BARKEEP_REPOSITORIES`) that a test can hold back: requests for a chosen date and
 * later dates wait. So a test can act in the middle of a backfill, however fast the backfill is.
 *
 * The workers' processes and the test communicate through files in one folder: `bars.json`, `held-from` (the first date
 * that waits) and `asked` (one line for each request).
 */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BarsBySymbol } from '../data/market.js';

/** The name to use in a spec's `backfill`. */
export const GATED = 'gated';

const MODULE = `
const { appendFileSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const bars = JSON.parse(readFileSync(join(__dirname, 'bars.json'), 'utf8'));
const heldFrom = () => readFileSync(join(__dirname, 'held-from'), 'utf8');
exports.${GATED} = {
  async getBars({ symbol, start, end }) {
    const date = start.toISOString().slice(0, 10);
    appendFileSync(join(__dirname, 'asked'), [process.pid, date, symbol].join(' ') + '\\n');
    while (date >= heldFrom()) await new Promise((resolve) => setTimeout(resolve, 20));
    return bars[symbol].filter(({ openTime }) => openTime >= start.getTime() && openTime < end.getTime());
  },
};
`;
/** Later than every date of a test. */
const NOTHING_HELD = '9999-12-31';
const CHECK_EVERY_MS = 20;

/** One request that the repository received. */
interface Asked {
  /** Process id of the worker that sent the request. */
  pid: number;
  date: string;
  symbol: string;
}

export class GatedRepository {
  private constructor(private readonly dir: string) {}

  /** Creates a repository that has these bars and holds nothing back. */
  static async create(market: BarsBySymbol): Promise<GatedRepository> {
    const repository = new GatedRepository(await mkdtemp(join(tmpdir(), 'barkeep-repository-')));
    await writeFile(repository.modulePath, MODULE);
    await writeFile(join(repository.dir, 'bars.json'), JSON.stringify(Object.fromEntries(market)));
    await repository.open();
    return repository;
  }

  get modulePath(): string {
    return join(this.dir, 'repository.cjs');
  }

  /** Holds back the answers for this date and later ones, and forgets earlier requests. */
  async holdFrom(date: string): Promise<void> {
    await this.hold(date);
    await writeFile(join(this.dir, 'asked'), '');
  }

  /** Lets all requests continue. */
  async open(): Promise<void> {
    await this.hold(NOTHING_HELD);
  }

  /** Waits for a request that satisfies `test`, earlier requests included. @throws when there is none within `boundMs` */
  async asked(test: (asked: Asked) => boolean, boundMs = 20_000): Promise<Asked> {
    const deadline = Date.now() + boundMs;
    for (;;) {
      const lines = (await readFile(join(this.dir, 'asked'), 'utf8')).split('\n').slice(0, -1);
      const found = lines.map(askedOf).find(test);
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`the repository was not asked in ${boundMs} ms: ${lines.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, CHECK_EVERY_MS));
    }
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true });
  }

  private async hold(date: string): Promise<void> {
    // A rename, so that no worker reads a file that is half written.
    const path = join(this.dir, 'held-from');
    await writeFile(`${path}.new`, date);
    await rename(`${path}.new`, path);
  }
}

function askedOf(line: string): Asked {
  const [pid = '', date = '', symbol = ''] = line.split(' ');
  return { pid: Number(pid), date, symbol };
}
