/**
 * The market of the tests of containers: dataset `holey` lacks some minutes, and dataset `whole` has most of these minutes. A session
 * streams `holey` and is repaired from `whole`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComposeSystem } from './compose-system.js';

const DAYS = ['2024-03-04', '2024-03-05', '2024-03-06', '2024-03-07', '2024-03-08'];
const SYMBOLS = ['ALPHA', 'EMBER'];
/** Regular minutes of a day. A minute is counted from the open, 09:30 in New York. */
const MINUTES = 390;
/** Minutes of each day that only `whole` has. */
const isHole = (minute: number) => minute % 7 === 3;
/** Minutes of each day that no dataset has. */
const isAbsent = (minute: number) => minute % 97 === 50;

/** Imports the datasets `holey` and `whole` as a user does. */
export async function importMarket(system: ComposeSystem): Promise<void> {
  writeFileSync(
    join(system.data, 'holey.csv'),
    csv((minute) => !isHole(minute) && !isAbsent(minute)),
  );
  writeFileSync(
    join(system.data, 'whole.csv'),
    csv((minute) => !isAbsent(minute)),
  );
  for (const name of ['holey', 'whole'])
    await system.compose('run', '--rm', '-T', 'cli', 'import', `/data/${name}.csv`, '--dataset', name, '--json');
}

/** The spec of a session over both datasets. @param speed multiple of real time, undefined: full speed; the digest is the same */
export function marketSpec(id: string, speed?: number): object {
  return {
    id,
    symbols: SYMBOLS,
    start: DAYS.at(0),
    end: DAYS.at(-1),
    derivedIntervals: ['5m', '1h'],
    source: { type: 'dataset', dataset: 'holey' },
    backfill: ['whole'],
    ...(speed === undefined ? {} : { pace: { mode: 'clock', speed } }),
  };
}

/** @param has which minutes of each day have a row @returns a CSV file for all symbols and days */
function csv(has: (minute: number) => boolean): string {
  const rows = ['time,symbol,open,high,low,close,volume'];
  for (const day of DAYS)
    for (const [offset, symbol] of SYMBOLS.entries())
      for (let minute = 0; minute < MINUTES; minute++) {
        if (!has(minute)) continue;
        // 09:30 in New York is 14:30 UTC on these dates.
        const time = new Date(Date.parse(`${day}T14:30:00Z`) + minute * 60_000).toISOString();
        const price = 100 + offset * 50 + (minute % 13) / 4;
        rows.push(`${time},${symbol},${price},${price + 1},${price - 1},${price + 0.25},${minute + 1}`);
      }
  return `${rows.join('\n')}\n`;
}
