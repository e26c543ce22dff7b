/** Layouts of sessions that no test stores, so that their ids and their key prefix do not matter. */
import { parseSessionSpec } from '@barkeep/bars';
import { SessionLayout } from '@barkeep/session-data';

/** @param spec a dataset is its source, and A its symbol, unless it says otherwise @param historyDays trading days before its start */
export function layoutOf(
  spec: { start: string; end: string; [field: string]: unknown },
  historyDays = 0,
): SessionLayout {
  const source = { type: 'dataset', dataset: 'd' };
  const parsed = parseSessionSpec({ symbols: ['A'], source, ...spec });
  return new SessionLayout('session', 'incarnation', parsed, 'prefix', historyDays);
}
