/** Feeding over HTTP: accepted and refused bars with their answers, and the clock of a fed session. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { Redis } from 'ioredis';
import { Api } from '../support/system/api.js';
import type { Fed } from '../support/programs/feeders.js';
import { marketBars, tradingDays, writeBars } from '../support/data/market.js';
import { eventsOf } from '../support/sessions/session-events.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DATES = { start: '2013-10-07', end: '2013-10-08' };
const SYMBOLS = ['AAA', 'BBB'];
const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 3 });
const [aaa, bbb] = [market.get('AAA')!, market.get('BBB')!];
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'feed' }, derivedIntervals: ['5m', '1h'] };
const MINUTE = 60_000;
/** Bars of both symbols on both days. */
const BARS = 2 * 780;
/** Lines of the long request. */
const LINES = 200_000;
const LINES_A_WRITE = 250;
/** Most memory by which the coordinator may grow during the long request. */
const GROWTH_MAX_MB = 80;

let system: TestSystem;
let coordinator: SystemProcess;
let api: Api;
const redis = new Redis(process.env['SESSION_REDIS_URL']!);

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', market);
  [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
});
afterAll(async () => {
  redis.disconnect();
  await system?.close();
});

const path = (id: string, symbol: string) => `/v1/sessions/${id}/symbols/${symbol}`;
const feed = (id: string, symbol: string, bars: readonly unknown[], query = '') =>
  api.ok<Fed>('POST', `${path(id, symbol)}/bars${query}`, bars);
const end = (id: string, symbol: string) => api.ok('POST', `${path(id, symbol)}/end`);
const iso = (time: number) => new Date(time).toISOString();
/** Feeds lines of NDJSON. A piece of text may have several lines or a part of one. */
const ndjson = async (id: string, symbol: string, pieces: Iterable<string> | AsyncIterable<string>) => {
  const answer = await fetch(`${api.url}${path(id, symbol)}/bars`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: Readable.from(pieces),
    duplex: 'half',
  } as RequestInit);
  return { status: answer.status, body: (await answer.json()) as Fed };
};
const eventsOfType = (id: string, type: string) => eventsOf(system.sessionPrefix, id, new Set([type]));
/** A field of the store's hash about the streams of a session. A field's name is `SYMBOL WHAT`. */
const streamField = (id: string, field: string) => redis.hget(`${system.sessionPrefix}:{${id}:0}:feed`, field);
const problemTypeOf = (body: unknown) => (body as { type: string }).type;

it('I7 answers what happened to every bar, and quarantines refused bars', async () => {
  const id = await api.run({ ...SPEC, id: 'rules' });
  const { openTime: thirdTime, ...thirdValues } = aaa[2]!;
  const beforeOpen = iso(aaa[0]!.openTime - MINUTE);
  // A problem names its bar by the index in this list.
  const bars = [
    /* 0 */ aaa[0]!,
    /* 1 */ { ...aaa[1]!, openTime: iso(aaa[1]!.openTime) },
    /* 2 */ { time: iso(thirdTime), ...thirdValues },
    /* 3, a duplicate */ aaa[0]!,
    /* 4, a conflict */ { ...aaa[1]!, close: aaa[1]!.open, open: aaa[1]!.close + 0.005 },
    /* 5, high below low */ { ...aaa[3]!, high: 0 },
    /* 6, malformed */ { ...aaa[4]!, close: '12' },
    /* 7, malformed */ 'nonsense',
    /* 8, outside */ { ...aaa[5]!, openTime: beforeOpen },
  ];
  expect(await feed(id, 'AAA', bars)).toEqual({
    accepted: 3,
    duplicates: 1,
    late: 0,
    conflicts: 1,
    refused: { 'high-below-low': 1, malformed: 2, 'outside-session': 1 },
    problems: [
      { index: 6, reason: 'malformed', detail: 'close: expected a number, was "12"' },
      { index: 7, reason: 'malformed', detail: 'bar: expected an object, was "nonsense"' },
      { index: 5, reason: 'high-below-low', openTime: iso(aaa[3]!.openTime) },
      { index: 8, reason: 'outside-session', openTime: beforeOpen },
      { index: 4, reason: 'conflict', openTime: iso(aaa[1]!.openTime) },
    ],
    stored: 3,
  });
  const kept = await system.query<{ reason: string; dataset: string }>(
    `SELECT reason, dataset FROM quarantined_bars q JOIN sessions s USING (incarnation) WHERE s.id = $1 ORDER BY reason`,
    [id],
  );
  expect(kept.map(({ reason }) => reason)).toEqual([
    'conflict',
    'high-below-low',
    'malformed',
    'malformed',
    'outside-session',
  ]);
  // The refused bars are after the clock, so a strategy does not see them yet.
  expect(await api.metrics(id, 'AAA')).toMatchObject({ refused: {}, outside: 0, extended: 0 });
  // One minute before the open is in the extended hours of XNYS.
  expect(await api.metrics(id, 'AAA', 'operator')).toMatchObject({
    refused: { conflict: 1, 'high-below-low': 1, malformed: 2 },
    outside: 0,
    extended: 1,
  });
});

it('refuses epoch seconds in a bar and in `through`, and says that it expects milliseconds', async () => {
  const id = await api.run({ ...SPEC, id: 'seconds' });
  const seconds = { ...aaa[0]!, openTime: aaa[0]!.openTime / 1_000 };
  const { refused, problems } = await feed(id, 'AAA', [seconds, aaa[1]!]);
  expect(refused).toEqual({ malformed: 1 });
  expect(problems[0]?.detail).toMatch(/openTime: expected .* epoch milliseconds .* not seconds/);
  const { status, body } = await api.call('POST', `${path(id, 'AAA')}/bars?through=${seconds.openTime}`, []);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toMatch(/through.*milliseconds/);
});

it('names malformed lines by their numbers and accepts the others', async () => {
  const id = await api.run({ ...SPEC, id: 'lines' });
  const lines = [JSON.stringify(aaa[0]), '', '{"open": 1', JSON.stringify({ ...aaa[1]!, time: 1 }), '[]'];
  const { status, body } = await ndjson(id, 'AAA', [lines.join('\r\n'), '\n', JSON.stringify(aaa[2])]);
  expect(status).toBe(200);
  expect(body).toMatchObject({ accepted: 3, refused: { malformed: 2 } });
  expect(body.problems).toEqual([
    { index: 1, line: 3, reason: 'malformed', detail: 'line: expected JSON' },
    { index: 3, line: 5, reason: 'malformed', detail: 'bar: expected an object, was []' },
  ]);
});

it('refuses wrong sessions, symbols and bodies with a problem document for each', async () => {
  await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'created' });
  const dataset = { ...SPEC, id: 'dataset', source: { type: 'dataset', dataset: 'stream' } };
  await api.run(dataset);
  const id = await api.run({ ...SPEC, id: 'refusals' });
  const post = async (sessionId: string, symbol: string, what: string, body?: unknown) => {
    const answer = await api.call('POST', `${path(sessionId, symbol)}/${what}`, body);
    return `${answer.status} ${problemTypeOf(answer.body).split(':').at(-1)}`;
  };
  expect(await post('nobody', 'AAA', 'bars', [])).toBe('404 unknown-session');
  expect(await post(id, 'ZZZ', 'bars', [])).toBe('404 unknown-symbol');
  expect(await post('dataset', 'AAA', 'bars', [])).toBe('409 not-a-feed');
  expect(await post('dataset', 'AAA', 'end')).toBe('409 not-a-feed');
  expect(await post('created', 'AAA', 'bars', [])).toBe('409 wrong-state');
  expect(await post(id, 'AAA', 'bars', { bars: [] })).toBe('400 invalid-input');
  expect(await post(id, 'AAA', 'bars?through=noon', [])).toBe('400 invalid-input');
  expect(await post(id, 'AAA', 'bars', '[1,')).toBe('400 malformed-json');
  const text = await fetch(`${api.url}${path(id, 'AAA')}/bars`, { method: 'POST', body: 'x' });
  expect(text.status).toBe(415);
  for (const [method, symbol] of [
    ['POST', 'CCC'],
    ['DELETE', 'BBB'],
  ] as const) {
    const { status, body } = await api.call(method, path(id, symbol));
    expect(`${status} ${problemTypeOf(body)}`).toBe('409 urn:barkeep:problem:fed-symbols');
  }
  const long = await ndjson(id, 'AAA', [`${JSON.stringify(aaa[0])}\n`, 'x'.repeat(1_100_000)]);
  expect(`${long.status} ${problemTypeOf(long.body)}`).toBe('413 urn:barkeep:problem:body-too-large');
});

it('I1 keeps the bars that came before a connection was cut, and counts them as duplicates when they come again', async () => {
  const id = await api.run({ ...SPEC, id: 'cut' });
  const sent = request(`${api.url}${path(id, 'AAA')}/bars`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  sent.on('error', () => undefined);
  for (const bar of aaa.slice(0, 50)) sent.write(`${JSON.stringify(bar)}\n`);
  sent.write('{"openTime": 13810'); // the beginning of a line
  await api.eventually(
    () => streamField(id, 'AAA reached'),
    (reached) => reached === String(aaa[49]!.openTime + MINUTE),
  );
  sent.destroy();
  const again = await ndjson(
    id,
    'AAA',
    aaa.slice(0, 60).map((bar) => `${JSON.stringify(bar)}\n`),
  );
  expect(again.body).toMatchObject({ accepted: 10, duplicates: 50, conflicts: 0, problems: [] });
  expect(coordinator.log).not.toContain('a request failed');
});

it('I2 without a barrier moves the clock bar by bar up to the slowest stream, and counts a late bar at once', async () => {
  const id = await api.run({ ...SPEC, id: 'bar-by-bar', upkeep: { barrier: 'none' } });
  await feed(id, 'AAA', aaa.slice(0, 7));
  await feed(id, 'BBB', bbb.slice(0, 3));
  const clockAt = (time: number) => api.until(id, ({ clock }) => clock === iso(time));
  // Three bars of each symbol.
  expect((await clockAt(bbb[3]!.openTime)).counts).toMatchObject({ expected: 6, streamed: 6 });
  expect(await api.bars(id, 'AAA', 'last=10')).toHaveLength(3);
  // BBB sends bar 4, without bars 3 and 5, and declares that it has sent all up to bar 6.
  await feed(id, 'BBB', [bbb[4]!], `?through=${iso(bbb[6]!.openTime)}`);
  expect((await clockAt(bbb[6]!.openTime)).counts).toMatchObject({ expected: 12, streamed: 10 });
  const clocks = (await eventsOfType(id, 'clock')).map(({ time }) => time);
  expect(clocks).toEqual(aaa.slice(1, 7).map(({ openTime }) => openTime));
  // Bar 5 comes after the frontier has passed it.
  expect(await feed(id, 'BBB', [bbb[5]!])).toMatchObject({ accepted: 1, late: 1 });
  expect((await api.session(id)).counts).toMatchObject({ expected: 12, streamed: 11 });
  const [late] = await eventsOfType(id, 'late-bars');
  expect(late!.fields).toEqual({ date: DATES.start, symbols: '{"BBB":1}' });
  expect(late!.time).toBe(0); // it has none
});

it('I5 derives a day again when a late bar comes to a completed session', async () => {
  const twin = await api.run({ ...SPEC, id: 'late-twin', source: { type: 'dataset', dataset: 'stream' } });
  await api.completed(twin);
  const id = await api.run({ ...SPEC, id: 'late' });
  await feed(id, 'AAA', aaa);
  await feed(
    id,
    'BBB',
    bbb.filter((_, i) => i !== 30),
  );
  for (const symbol of SYMBOLS) await end(id, symbol);
  expect((await api.completed(id)).counts).toMatchObject({ streamed: BARS - 1, absent: 1 });
  expect(await feed(id, 'BBB', [bbb[30]!])).toMatchObject({ accepted: 1, late: 1 });
  const digest = await api.digest(twin);
  await api.eventually(
    () => api.digest(id),
    (seen) => seen === digest,
  );
  expect((await api.session(id)).counts).toEqual((await api.session(twin)).counts);
});

it('continues without a silent stream, emits an event, and waits for the stream again after its next bar', async () => {
  const id = await api.run({ ...SPEC, id: 'silent', feed: { timeoutSeconds: 2 }, upkeep: { barrier: 'none' } });
  await feed(id, 'BBB', bbb.slice(0, 5));
  // AAA repeats a bar, so only BBB is silent.
  const repeating = setInterval(() => void feed(id, 'AAA', [aaa[9]!]), 250);
  try {
    await api.until(id, ({ frontier }) => frontier === iso(aaa[10]!.openTime));
    const silent = await eventsOfType(id, 'stream-silent');
    expect(silent.map(({ fields }) => fields)).toEqual([{ symbol: 'BBB' }]);
    expect(silent[0]!.time).toBeGreaterThan(0);
    // BBB sends again. Its bars 5 to 9 are late, and from now on the frontier waits for it again.
    expect(await feed(id, 'BBB', bbb.slice(5, 12))).toMatchObject({ accepted: 7, late: 5 });
    await feed(id, 'AAA', aaa.slice(0, 30));
    await api.until(id, ({ frontier }) => frontier === iso(bbb[12]!.openTime));
  } finally {
    clearInterval(repeating);
  }
});

it('I1 stores bars while it is paused, and completes after it is resumed', async () => {
  const id = await api.run({ ...SPEC, id: 'paused' });
  await feed(id, 'AAA', aaa.slice(0, 400));
  await feed(id, 'BBB', bbb);
  await api.until(id, ({ frontier }) => frontier === iso(aaa[400]!.openTime));
  await api.ok('POST', `/v1/sessions/${id}/pause`);
  await feed(id, 'AAA', aaa);
  for (const symbol of SYMBOLS) await end(id, symbol);
  expect((await api.session(id)).state).toBe('paused');
  await api.ok('POST', `/v1/sessions/${id}/resume`);
  expect((await api.completed(id)).counts).toMatchObject({ expected: BARS, streamed: BARS });
});

it('I9 writes nothing to a session that is removed while it is fed', async () => {
  const id = await api.run({ ...SPEC, id: 'removed' });
  let onRemoved: () => void = () => undefined;
  const removed = new Promise<void>((resolve) => (onRemoved = resolve));
  async function* lines() {
    for (const bar of aaa.slice(0, 100)) yield `${JSON.stringify(bar)}\n`;
    await removed;
    for (const bar of aaa) yield `${JSON.stringify(bar)}\n`;
  }
  const answer = ndjson(id, 'AAA', lines());
  await api.eventually(
    () => redis.exists(`${system.sessionPrefix}:{${id}:0}:feed`),
    (keyCount) => keyCount === 1,
  );
  await api.ok('DELETE', `/v1/sessions/${id}`);
  onRemoved();
  expect(problemTypeOf((await answer).body)).toBe('urn:barkeep:problem:session-lost');
  expect(await redis.keys(`${system.sessionPrefix}:{${id}:*`)).toEqual([]);
});

it(`I8 accepts ${LINES} lines in one request while its memory grows by less than ${GROWTH_MAX_MB} MB`, async () => {
  const days = { start: '2018-01-01', end: '2018-06-01', calendar: '24/7' };
  const first = tradingDays(days)[0]!.segments[0]!.open;
  const id = await api.run({ ...SPEC, ...days, id: 'long', symbols: ['AAA'], upkeep: { enabled: false } });
  const sizesMb: number[] = [];
  function* lines() {
    for (let i = 0; i < LINES; i += LINES_A_WRITE) {
      if (i % 10_000 === 0) sizesMb.push(residentMb(coordinator.child.pid!));
      const bars = Array.from({ length: LINES_A_WRITE }, (_, n) => ({
        ...aaa[(i + n) % aaa.length]!,
        openTime: first + (i + n) * MINUTE,
      }));
      yield bars.map((bar) => `${JSON.stringify(bar)}\n`).join('');
    }
  }
  const startedAt = performance.now();
  const { body } = await ndjson(id, 'AAA', lines());
  const seconds = (performance.now() - startedAt) / 1000;
  console.info(
    `fed ${Math.round(LINES / seconds)} bars/s in one stream; MB resident: ${sizesMb.map(Math.round).join(' ')}`,
  );
  expect(body).toMatchObject({ accepted: LINES, duplicates: 0, problems: [] });
  // From the second size on, because the first lines make the process load code.
  expect(Math.max(...sizesMb) - sizesMb[1]!).toBeLessThan(GROWTH_MAX_MB);
  await api.until(id, ({ clock }) => clock === iso(first + LINES * MINUTE));
});

/** Memory of a process that is in RAM. */
function residentMb(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kb) / 1024;
}
