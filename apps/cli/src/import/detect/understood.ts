/** What an import understood of a file, for the user. Pure. */
import type { Bar } from '@barkeep/bars';
import { PRICE_NAMES } from '../reading/index.js';
import type { FileLayout } from './layout.js';
import type { SampleBars } from './sample-bars.js';
import { spacingText } from './spacing.js';

export interface Understood {
  /** Name in the table of formats; `csv` or `json` for columns by their names. */
  format: string;
  /** The column that each value comes from. */
  columns: Record<string, string>;
  delimiter?: string;
  /** Zone of times without an offset. */
  zone: string;
  /** Whether a time is the open or the close of its bar. */
  times: 'open' | 'close';
  /** Distance between rows, such as `1-minute`; null when the sample has too few rows. */
  spacing: string | null;
  symbol: string | null;
  first: Bar | null;
  last: Bar | null;
  notes: string[];
}

export function understoodOf(sample: SampleBars, notes: string[]): Understood {
  const { delimiter, file, reader, spacing, head, last } = sample;
  const isWide = file.layout.values.some(({ symbol }) => symbol !== undefined);
  const unnamed = delimiter === undefined ? 'json' : 'csv';
  return {
    format: file.format?.name ?? (isWide ? 'yahoo' : unnamed),
    columns: columnsOf(file),
    delimiter,
    zone: reader.zone,
    times: reader.shiftMs > 0 ? 'close' : 'open',
    spacing: spacing === undefined ? null : spacingText(spacing),
    symbol: reader.symbol ?? null,
    first: head[0] ?? null,
    last: last ?? null,
    notes,
  };
}

function columnsOf({ layout, names }: FileLayout): Record<string, string> {
  const [values] = layout.values;
  if (values === undefined) return {};
  const named = (field: number): string => names[field] ?? String(field + 1);
  const columns: Record<string, string> = {};
  if (layout.date !== undefined) columns['date'] = named(layout.date);
  columns['time'] = named(layout.time);
  if (layout.symbol !== undefined) columns['symbol'] = named(layout.symbol);
  for (const name of PRICE_NAMES) columns[name] = named(values[name]);
  if (values.volume.length > 0) columns['volume'] = values.volume.map(named).join(' + ');
  return columns;
}
