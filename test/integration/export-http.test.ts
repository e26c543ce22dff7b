/** The export of a session's bars, by the route of a real coordinator and by the command `barkeep export`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { HALF_DAY_SPEC as SPEC, halfDayMarket } from '../support/data/half-day.js';
import { writeBars } from '../support/data/market.js';
import { BARKEEP } from '../support/programs/barkeep-command.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { Api } from '../support/system/api.js';
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const KEY = 'user-key-0123456789';
/** Bars of all symbols (2,960): AAA lacks ten minutes. */
const BAR_COUNT = 3 * (390 + 210 + 390) - 10;

let database: TestDatabase;
let coordinator: SystemProcess;
let api: Api;

beforeAll(async () => {
  database = await createTestDatabase();
  await writeBars(database.url, 'whole', halfDayMarket());
  coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url, BARKEEP_API_KEYS: KEY });
  api = new Api(coordinator.url, { 'X-API-Key': KEY });
  await completed({ ...SPEC, id: 'whole' });
});

afterAll(async () => {
  await coordinator?.signal('SIGTERM');
  await database?.drop();
});

/** Runs a session to its end. */
async function completed(spec: { id: string }): Promise<void> {
  await api.run(spec);
  await api.eventually(
    () => api.ok<{ state: string }>('GET', `/v1/sessions/${spec.id}`),
    ({ state }) => state === 'completed',
  );
}

const fetchExport = (query: string, signal?: AbortSignal) =>
  fetch(`${coordinator.url}/v1/sessions/whole/export${query}`, { headers: { 'X-API-Key': KEY }, signal });

describe('GET /v1/sessions/{id}/export', () => {
  it('sends all bars as a CSV file, symbol after symbol', async () => {
    const response = await fetchExport('');
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="whole-1m.csv"');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines[0]).toBe('time,symbol,open,high,low,close,volume');
    const rows = lines.slice(1);
    expect(rows).toHaveLength(BAR_COUNT);
    const [firstBar] = await api.bars('whole', 'AAA', 'last=1000');
    const { openTime, open, high, low, close, volume } = firstBar!;
    expect(rows[0]).toBe([openTime, 'AAA', open, high, low, close, volume].join(','));
    const symbols = rows.map((row) => row.split(',')[1]!);
    expect(symbols).toEqual(symbols.toSorted());
  });

  it('sends the bars of an interval, a range and some symbols as NDJSON', async () => {
    const range = 'from=2015-12-24T15:00:00Z&to=2015-12-24T15:10:00Z';
    const response = await fetchExport(`?format=ndjson&interval=5m&symbols=BRK/B&${range}`);
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="whole-5m.ndjson"');
    const rows = (await response.text()).trimEnd().split('\n').filter(Boolean);
    const bars = await api.bars('whole', 'BRK/B', `interval=5m&${range}`);
    const expected = bars.map((bar) => ({ symbol: 'BRK/B', ...bar }));
    expect(rows.map((row) => JSON.parse(row) as object)).toEqual(expected);
  });

  it.each([
    ['?interval=7m', 400, 'invalid-input'],
    ['?format=parquet', 400, 'invalid-input'],
    ['?symbols=NONE', 404, 'unknown-symbol'],
    ['?from=2015-12-24&to=2015-12-24', 400, 'invalid-input'],
  ])('answers %s with %i before a byte of the file is sent', async (query, status, kind) => {
    const answer = await api.call('GET', `/v1/sessions/whole/export${query}`);
    expect(answer).toMatchObject({ status, body: { type: `urn:barkeep:problem:${kind}` } });
  });

  it('answers the next caller after others have aborted', async () => {
    const callers = 5; // any number
    const aborted = Array.from({ length: callers }, async () => {
      const controller = new AbortController();
      const response = await fetchExport('?format=ndjson', controller.signal);
      controller.abort();
      await expect(response.text()).rejects.toThrow('aborted');
    });
    await Promise.all(aborted);
    expect((await fetchExport('?symbols=aaa')).status).toBe(200);
  });
});

describe('barkeep export', () => {
  /** Fewer bytes than the file of the whole session has. */
  const BYTES_OF_A_PART = 60_000;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'barkeep-export-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Runs `barkeep export` in `folder` with the coordinator at `url`. `onStart` runs at the same time. */
  async function barkeep(url: string, args: string[], onStart?: (child: ChildProcess) => Promise<void>) {
    const env = { PATH: process.env['PATH'], BARKEEP_URL: url, BARKEEP_API_KEY: KEY };
    const child = spawn(process.execPath, [BARKEEP, 'export', ...args], { cwd: folder, env });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
      onStart?.(child),
    ]);
    return { stdout, stderr, code: code as number };
  }
  /** The text that the route sends. */
  const textOf = async (query: string) => (await fetchExport(query)).text();

  it('prints the text of the route, and the number of its bars on stderr', async () => {
    // BAR_COUNT, as it is printed.
    const stderr = '2,960 bars of 3 symbols\n';
    expect(await barkeep(coordinator.url, ['whole'])).toEqual({ code: 0, stderr, stdout: await textOf('') });
  });

  it('begins at the first day of a session, after its history', async () => {
    const spec = { ...SPEC, id: 'after-history', start: '2015-12-24', end: '2015-12-24', history: { trailingDays: 1 } };
    await completed(spec);
    const { stdout, stderr } = await barkeep(coordinator.url, ['after-history']);
    expect(stderr).toBe('630 bars of 3 symbols\n'); // the half day has 210 slots
    expect(stdout.split('\n')[1]).toMatch(/^2015-12-24T14:30:00\.000Z,AAA,/);
  });

  it('passes every option on, and overwrites a file', async () => {
    const range = ['--from', '2015-12-24T15:00Z', '--to', String(Date.parse('2015-12-24T16:00Z'))];
    const options = ['--format', 'ndjson', '--interval', '1m', '--symbols', 'aaa,BRK/B', ...range];
    await writeFile(join(folder, 'bars.ndjson'), 'old');
    const ended = await barkeep(coordinator.url, ['whole', ...options, '--out', 'bars.ndjson', '--json']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const summary = { session: 'whole', symbols: 2, bars: 2 * 60, file: 'bars.ndjson' };
    expect(JSON.parse(ended.stdout)).toEqual(summary);
    const query = 'format=ndjson&interval=1m&symbols=aaa,BRK/B&from=2015-12-24T15:00:00Z&to=2015-12-24T16:00:00Z';
    expect(await readFile(join(folder, 'bars.ndjson'), 'utf8')).toBe(await textOf(`?${query}`));
    expect(await readdir(folder)).toEqual(['bars.ndjson']);
  });

  it('reports a wrong option', async () => {
    expect((await barkeep(coordinator.url, ['whole', '--interval', '7m'])).stderr).toContain('interval');
  });

  it('keeps the old file, and leaves no part of a new one, when the connection breaks', async () => {
    const gate = await tcpGate(coordinator.url, 80);
    await writeFile(join(folder, 'bars.csv'), 'old');
    gate.cutAfter(BYTES_OF_A_PART);
    const { code, stderr } = await barkeep(gate.url, ['whole', '--out', 'bars.csv']);
    await gate.shut();
    expect(code).toBe(1);
    expect(stderr).toContain('expected all bars of session whole, was an export that broke off');
    expect(await readdir(folder)).toEqual(['bars.csv']);
    expect(await readFile(join(folder, 'bars.csv'), 'utf8')).toBe('old');
  });

  it('exits with 130 when it is interrupted, and leaves no part of a file', async () => {
    const gate = await tcpGate(coordinator.url, 80);
    // The answer stops in the middle, so that the command still runs when it is interrupted.
    gate.freezeAfter(BYTES_OF_A_PART);
    const { code, stderr } = await barkeep(gate.url, ['whole', '--out', 'bars.csv'], async (child) => {
      // Waits until the command has begun a file.
      while ((await readdir(folder)).length === 0) await setImmediate();
      child.kill('SIGINT');
    });
    await gate.shut();
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'barkeep: interrupted: no bars.csv was written\n' });
    expect(await readdir(folder)).toEqual([]);
  });
});
