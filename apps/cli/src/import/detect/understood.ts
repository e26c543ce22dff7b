/** What an import understood of a file, for the user. Pure. */
import type { Bar } from '@barkeep/bars';
import type { BarReaderOptions } from '../reading/index.js';
import type { Judgement } from './judge-sample.js';
import type { FileLayout } from './layout.js';
import type { FileSample } from './recognise.js';
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

interface UnderstoodParts {
  file: FileLayout;
  sample: FileSample;
  reader: BarReaderOptions;
  read: SampleBars;
  judged: Judgement;
}

export function understoodOf({ file, sample, reader, read, judged }: UnderstoodParts): Understood {
  const isWide = file.layout.values.some(({ symbol }) => symbol !== undefined);
  return {
    format: file.format?.name ?? (isWide ? 'yahoo' : sample.isJson ? 'json' : 'csv'),
    columns: columnsOf(file),
    delimiter: sample.delimiter,
    zone: reader.zone,
    times: reader.shiftMs > 0 ? 'close' : 'open',
    spacing: judged.spacing === undefined ? null : spacingText(judged.spacing),
    symbol: typeof reader.symbol === 'string' ? reader.symbol : null,
    first: read.head[0]?.bar ?? null,
    last: (read.tail.at(-1) ?? read.head.at(-1))?.bar ?? null,
    notes: judged.notes,
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
  for (const name of ['open', 'high', 'low', 'close'] as const) columns[name] = named(values[name]);
  if (values.volume.length > 0) columns['volume'] = values.volume.map(named).join(' + ');
  return columns;
}
