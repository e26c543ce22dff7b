/** Session stores that a benchmark writes directly, without a coordinator. */
import { DayChunk, parseSessionSpec } from '@barkeep/bars';
import { SessionLayout, SessionWriter } from '@barkeep/session-data';
import { randomUUID } from 'node:crypto';

/** Creates the empty store of a session of one day and claims it. @param spec added to symbols, day and source */
export async function openStore(redis, id, grid, symbols, spec = {}) {
  const source = { type: 'dataset', dataset: 'bench' };
  const parsed = parseSessionSpec({ symbols, start: grid.date, end: grid.date, source, ...spec });
  const layout = new SessionLayout(id, randomUUID(), parsed, 'bench', 0);
  const writer = new SessionWriter(redis, layout, { epoch: 1, owner: 'bench' });
  await writer.init();
  await writer.claim();
  return { layout, writer };
}

/** The bars of one day, as a chunk. */
export function chunkOf(grid, bars) {
  const chunk = new DayChunk(grid.slotCount);
  for (const bar of bars) chunk.writeBar(grid.slotAt(bar.openTime), bar, 'streamed', 0);
  return chunk;
}
