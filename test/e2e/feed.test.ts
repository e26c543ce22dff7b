/**
 * Feeding over HTTP: accepted and refused bars with their answers, cut connections, removed sessions, long requests.
 * docs/ARCHITECTURE.md lists the invariants, such as I7.
 */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { Redis } from 'ioredis';
import { Api } from '../support/system/api.js';
import { FeedRequests, lineOf, symbolPath } from '../support/programs/feed-requests.js';
import { marketBars, tradingDays, writeBars } from '../support/data/market.js';
import { latch } from '../support/setup/latch.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DATES = { start: '2013-10-07', end: '2013-10-08' };
const SYMBOLS = ['AAA', 'BBB'];
const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 3 });
const aaa = market.get('AAA')!;
const SPEC = { ...DATES, symbols: SYMBOLS, source: { type: 'feed' }, derivedIntervals: ['5m', '1h'] };
const MINUTE_MS = 60_000;
/** Lines of the long request. */
const LINES = 200_000;
const LINES_A_WRITE = 250;
const LINES_A_MEASUREMENT = 10_000;
/** Most memory by which the coordinator may grow during the long request. */
const GROWTH_MAX_MB = 80;

let system: TestSystem;
let coordinator: SystemProcess;
let api: Api;
let requests: FeedRequests;
const redis = new Redis(process.env['SESSION_REDIS_URL']!);

beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'stream', market);
  [coordinator] = await Promise.all([system.coordinator(), system.worker()]);
  api = new Api(coordinator.url);
  requests = new FeedRequests(api);
});
afterAll(async () => {
  redis.disconnect();
  await system?.close();
});

const iso = (time: number) => new Date(time).toISOString();
const problemTypeOf = (body: unknown) => (body as { type: string }).type;

it('I7 the answer says what happened to every bar, and refused bars are quarantined', async () => {
  const id = await api.run({ ...SPEC, id: 'rules' });
  const { openTime: thirdTime, ...thirdValues } = aaa[2]!;
  const beforeOpen = iso(aaa[0]!.openTime - MINUTE_MS);
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
  expect(await requests.feed(id, 'AAA', bars)).toEqual({
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
  const quarantined = await system.query<{ reason: string }>(
    `SELECT reason FROM quarantined_bars q JOIN sessions s USING (incarnation) WHERE s.id = $1 ORDER BY reason`,
    [id],
  );
  const reasons = ['conflict', 'high-below-low', 'malformed', 'malformed', 'outside-session'];
  expect(quarantined.map(({ reason }) => reason)).toEqual(reasons);
  // The refused bars are after the clock, so a strategy does not see them yet.
  expect(await api.metrics(id, 'AAA')).toEqual(expect.objectContaining({ refused: {}, outside: 0, extended: 0 }));
  // The bar outside counts as extended: one minute before the open is in the extended hours of XNYS.
  expect(await api.metrics(id, 'AAA', 'operator')).toMatchObject({
    refused: { conflict: 1, 'high-below-low': 1, malformed: 2 },
    outside: 0,
    extended: 1,
  });
});

it('epoch seconds in a bar and in `through` are refused, with a message that milliseconds are expected', async () => {
  const id = await api.run({ ...SPEC, id: 'seconds' });
  const inSeconds = { ...aaa[0]!, openTime: aaa[0]!.openTime / 1_000 };
  const { refused, problems } = await requests.feed(id, 'AAA', [inSeconds, aaa[1]!]);
  expect(refused).toEqual({ malformed: 1 });
  expect(problems[0]?.detail).toMatch(/openTime: expected .* epoch milliseconds .* not seconds/);
  const path = `${symbolPath(id, 'AAA')}/bars?through=${inSeconds.openTime}`;
  const { status, body } = await api.call('POST', path, []);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toMatch(/through.*milliseconds/);
});

it('a call without bars or without a body is accepted, and the number of bars that its feeder has seen is checked', async () => {
  const id = await api.run({ ...SPEC, id: 'without-bars' });
  await requests.feed(id, 'AAA', aaa.slice(0, 2));
  const path = `${symbolPath(id, 'AAA')}/bars`;
  for (const type of [undefined, 'application/json', 'application/x-ndjson']) {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    const through = iso(aaa[5]!.openTime);
    const answer = await fetch(`${api.url}${path}?through=${through}`, { method: 'POST', headers });
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status: 200, body: { stored: 2 } });
  }
  expect(await api.call('POST', `${path}?seen=2`, [])).toMatchObject({ status: 200, body: { stored: 2 } });
  const { status, body } = await api.call('POST', `${path}?seen=3`, []);
  expect(`${status} ${problemTypeOf(body)}`).toBe('409 urn:barkeep:problem:fed-bars-lost');
});

it('malformed lines are named by their numbers, and the others are accepted', async () => {
  const id = await api.run({ ...SPEC, id: 'lines' });
  // An empty line has a number, but it is no bar and has no index.
  const lines = [JSON.stringify(aaa[0]), '', '{"open": 1', JSON.stringify({ ...aaa[1]!, time: 1 }), '[]'];
  const { status, body } = await requests.feedLines(id, 'AAA', [lines.join('\r\n'), '\n', JSON.stringify(aaa[2])]);
  expect(status).toBe(200);
  expect(body).toMatchObject({ accepted: 3, refused: { malformed: 2 } });
  expect(body.problems).toEqual([
    { index: 1, line: 3, reason: 'malformed', detail: 'line: expected JSON' },
    { index: 3, line: 5, reason: 'malformed', detail: 'bar: expected an object, was []' },
  ]);
});

it('wrong sessions, symbols and bodies are refused with a problem document for each', async () => {
  await api.ok('POST', '/v1/sessions', { ...SPEC, id: 'created' });
  await api.run({ ...SPEC, id: 'dataset', source: { type: 'dataset', dataset: 'stream' } });
  const id = await api.run({ ...SPEC, id: 'refusals' });
  const post = async (sessionId: string, symbol: string, resource: string, body?: unknown) => {
    const answer = await api.call('POST', `${symbolPath(sessionId, symbol)}/${resource}`, body);
    return `${answer.status} ${problemTypeOf(answer.body)}`;
  };
  expect(await post('nobody', 'AAA', 'bars', [])).toBe('404 urn:barkeep:problem:unknown-session');
  expect(await post(id, 'ZZZ', 'bars', [])).toBe('404 urn:barkeep:problem:unknown-symbol');
  expect(await post('dataset', 'AAA', 'bars', [])).toBe('409 urn:barkeep:problem:not-a-feed');
  expect(await post('dataset', 'AAA', 'end')).toBe('409 urn:barkeep:problem:not-a-feed');
  expect(await post('created', 'AAA', 'bars', [])).toBe('409 urn:barkeep:problem:wrong-state');
  expect(await post(id, 'AAA', 'bars', { bars: [] })).toBe('400 urn:barkeep:problem:invalid-input');
  expect(await post(id, 'AAA', 'bars?through=noon', [])).toBe('400 urn:barkeep:problem:invalid-input');
  expect(await post(id, 'AAA', 'bars', '[1,')).toBe('400 urn:barkeep:problem:malformed-json');
  const plainText = await fetch(`${api.url}${symbolPath(id, 'AAA')}/bars`, { method: 'POST', body: 'x' });
  expect(plainText.status).toBe(415);
  const tooLongLine = 'x'.repeat(1_100_000);
  const { status, body } = await requests.feedLines(id, 'AAA', [lineOf(aaa[0]!), tooLongLine]);
  expect(`${status} ${problemTypeOf(body)}`).toBe('413 urn:barkeep:problem:body-too-large');
});

it('no symbol can be added to a fed session or removed from it', async () => {
  const id = await api.run({ ...SPEC, id: 'fixed-symbols' });
  const refused = { status: 409, body: { type: 'urn:barkeep:problem:fed-symbols' } };
  expect(await api.call('POST', symbolPath(id, 'CCC'))).toMatchObject(refused);
  expect(await api.call('DELETE', symbolPath(id, 'BBB'))).toMatchObject(refused);
});

it('I1 bars that came before a connection was cut are kept, and count as duplicates when they come again', async () => {
  const id = await api.run({ ...SPEC, id: 'cut' });
  const sent = request(`${api.url}${symbolPath(id, 'AAA')}/bars`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  sent.on('error', () => undefined);
  for (const bar of aaa.slice(0, 50)) sent.write(lineOf(bar));
  sent.write('{"openTime": 13810'); // the beginning of a line
  await api.eventually(
    () => redis.hget(`${system.sessionPrefix}:{${id}:0}:feed`, 'AAA reached'),
    (reached) => reached === String(aaa[49]!.openTime + MINUTE_MS),
  );
  sent.destroy();
  const { body } = await requests.feedLines(id, 'AAA', aaa.slice(0, 60).map(lineOf));
  expect(body).toMatchObject({ accepted: 10, duplicates: 50, conflicts: 0, problems: [] });
  expect(coordinator.log).not.toContain('a request failed');
});

it('I9 nothing is written to a session that is removed while it is fed', async () => {
  const id = await api.run({ ...SPEC, id: 'removed' });
  const removal = latch();
  async function* lines() {
    yield* aaa.slice(0, 100).map(lineOf);
    await removal.opened;
    yield* aaa.map(lineOf);
  }
  const answer = requests.feedLines(id, 'AAA', lines());
  await api.eventually(
    () => redis.exists(`${system.sessionPrefix}:{${id}:0}:feed`),
    (keyCount) => keyCount === 1,
  );
  await api.ok('DELETE', `/v1/sessions/${id}`);
  removal.open();
  expect(problemTypeOf((await answer).body)).toBe('urn:barkeep:problem:session-lost');
  expect(await redis.keys(`${system.sessionPrefix}:{${id}:*`)).toEqual([]);
});

it(`I8 ${LINES} lines in one request are accepted, and the coordinator grows by less than ${GROWTH_MAX_MB} MB`, async () => {
  const days = { start: '2018-01-01', end: '2018-06-01', calendar: '24/7' };
  const first = tradingDays(days)[0]!.segments[0]!.open;
  const id = await api.run({ ...SPEC, ...days, id: 'long', symbols: ['AAA'], upkeep: { enabled: false } });
  const barAt = (minute: number) => ({ ...aaa[minute % aaa.length]!, openTime: first + minute * MINUTE_MS });
  const sizesMb: number[] = [];
  function* lines() {
    for (let start = 0; start < LINES; start += LINES_A_WRITE) {
      if (start % LINES_A_MEASUREMENT === 0) sizesMb.push(residentMb(coordinator.child.pid!));
      yield Array.from({ length: LINES_A_WRITE }, (_, i) => lineOf(barAt(start + i))).join('');
    }
  }
  const startedAt = performance.now();
  const { body } = await requests.feedLines(id, 'AAA', lines());
  const seconds = (performance.now() - startedAt) / 1000;
  console.info(
    `fed ${Math.round(LINES / seconds)} bars/s in one stream; MB resident: ${sizesMb.map(Math.round).join(' ')}`,
  );
  expect(body).toMatchObject({ accepted: LINES, duplicates: 0, problems: [] });
  // From the second size on, because the first lines make the process load code.
  expect(Math.max(...sizesMb) - sizesMb[1]!).toBeLessThan(GROWTH_MAX_MB);
  await api.until(id, ({ clock }) => clock === iso(first + LINES * MINUTE_MS));
});

/** Memory of a process that is in RAM. */
function residentMb(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kb) / 1024;
}
