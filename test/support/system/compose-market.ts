/** Files of bars for the tests of containers: a dataset with holes, the dataset that fills most of them, and sessions over both. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComposeSystem } from './compose-system.js';

const DAYS = ['2024-03-04', '2024-03-05', '2024-03-06', '2024-03-07', '2024-03-08'];
const SYMBOLS = ['ALPHA', 'EMBER'];
const MINUTES = 390;
/** Whether the stream lacks a minute of each day, and whether no dataset has it. */
const isHole = (minute: number) => minute % 7 === 3;
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

/** @param speed times real time; at full speed when it is undefined. The digest is the same. */
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

function csv(has: (minute: number) => boolean): string {
  const rows = ['time,symbol,open,high,low,close,volume'];
  for (const day of DAYS)
    for (const [offset, symbol] of SYMBOLS.entries())
      for (let minute = 0; minute < MINUTES; minute++) {
        if (!has(minute)) continue;
        const time = new Date(Date.parse(`${day}T14:30:00Z`) + minute * 60_000).toISOString();
        const price = 100 + offset * 50 + (minute % 13) / 4;
        rows.push(`${time},${symbol},${price},${price + 1},${price - 1},${price + 0.25},${minute + 1}`);
      }
  return `${rows.join('\n')}\n`;
}
