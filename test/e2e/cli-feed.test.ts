/** Feeding and watching a session from the command line, on a running system. docs/ARCHITECTURE.md lists the invariants, such as I1. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bar } from '@barkeep/bars';
import { Api } from '../support/system/api.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const DATES = { start: '2024-03-04', end: '2024-03-04' };
const SYMBOLS = ['AAA', 'BBB'];
/** Bars of both symbols. */
const BARS = 2 * 390;
const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 17 });
const SPEC = { ...DATES, symbols: SYMBOLS, derivedIntervals: ['5m'] };

let system: TestSystem;
let api: Api;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-cli-feed-'));
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'whole', market);
  const [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});
afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true });
});

const barkeep = (...args: string[]) => system.barkeep(...args, '--coordinator', api.url);

function csvRow(symbol: string, { openTime, open, high, low, close, volume }: Bar): string {
  return [new Date(openTime).toISOString(), symbol, open, high, low, close, volume].join(',');
}

/** Writes a file with both symbols in time order, a row outside the session, and a row whose time cannot be read. */
async function writeCsv(): Promise<string> {
  const [aaa, bbb] = [market.get('AAA')!, market.get('BBB')!];
  const rows = aaa.flatMap((bar, minute) => [csvRow('AAA', bar), csvRow('BBB', bbb[minute]!)]);
  const outside = csvRow('AAA', { ...aaa[0]!, openTime: Date.parse('2024-03-04T03:00:00Z') });
  const unreadable = 'x,AAA,1,1,1,1,1';
  const file = join(folder, 'bars.csv');
  await writeFile(file, ['time,symbol,open,high,low,close,volume', ...rows, outside, unreadable].join('\n'));
  return file;
}

test('I1 a fed file gives the same session as its dataset, and feeding it again changes nothing', async () => {
  const twin = await api.run({ ...SPEC, id: 'twin', source: { type: 'dataset', dataset: 'whole' } });
  await api.completed(twin);
  const id = await api.run({ ...SPEC, id: 'fed', source: { type: 'feed' } });
  const file = await writeCsv();
  // Of the two other rows, the command refuses the unreadable one, and the session the one outside.
  const refused = { refused: { rows: 1 }, refusedBySession: { 'outside-session': 1 } };
  const fed: unknown = JSON.parse(await barkeep('feed', id, file, '--json'));
  expect(fed).toMatchObject({ accepted: BARS, duplicate: 0, conflicting: 0, ...refused });
  await api.completed(id);
  expect(await api.digest(id)).toBe(await api.digest(twin));
  const again: unknown = JSON.parse(await barkeep('feed', id, file, '--json'));
  expect(again).toMatchObject({ accepted: 0, duplicate: BARS, conflicting: 0, ...refused });
  expect(await api.digest(id)).toBe(await api.digest(twin));
});

test('with --calendar the rows for which it has no slot are not sent to the session', async () => {
  const id = await api.run({ ...SPEC, id: 'inside', source: { type: 'feed' } });
  const fed: unknown = JSON.parse(await barkeep('feed', id, await writeCsv(), '--calendar', 'XNYS', '--json'));
  expect(fed).toMatchObject({ accepted: BARS, outside: 1, refusedBySession: {} });
  await api.completed(id);
});

test('events are printed until the session ends, can be read again, and unknown types are refused', async () => {
  const id = await api.run({ ...SPEC, id: 'watched', source: { type: 'feed' } });
  const watching = barkeep('events', id, '--types', 'day-opened,day-closed,state', '--from', 'beginning', '--json');
  await barkeep('feed', id, await writeCsv());
  const lines = (await watching).trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as { type: string; date?: string; state?: string });
  expect(events.filter(({ type }) => type !== 'state')).toMatchObject([
    { type: 'day-opened', date: DATES.start, symbols: 2 },
    { type: 'day-closed', date: DATES.start, filled: BARS },
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'state', state: 'completed' });

  const replayed = await barkeep('events', id, '--types', 'day-closed', '--from', 'beginning');
  // A line has the time of the event, its type padded to a column, and its fields.
  expect(replayed).toMatch(/^\S+Z day-closed {7}time 2024-03-04 21:00.* date 2024-03-04 .*filled 780/);
  expect(replayed.trim().split('\n')).toHaveLength(1);
  await expect(barkeep('events', id, '--types', 'nothing')).rejects.toThrow('--types: expected some of clock');
});
