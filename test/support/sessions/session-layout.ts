/** Layouts of sessions that no test stores, so that their ids and their key prefix do not matter. */
import { parseSessionSpec } from '@barkeep/bars';
import { SessionLayout } from '@barkeep/session-data';

/**
 * The layout of a session. @param spec its source is a dataset, and its symbol A, unless the spec names others
 * @param historyDays trading days before its start
 */
export function layoutOf(
  spec: { start: string; end: string; [field: string]: unknown },
  historyDays = 0,
): SessionLayout {
  const source = { type: 'dataset', dataset: 'd' };
  const parsed = parseSessionSpec({ symbols: ['A'], source, ...spec });
  const identity = { id: 'session', incarnation: 'incarnation', keyPrefix: 'prefix' };
  return new SessionLayout({ ...identity, spec: parsed, historyDays });
}
