/**
 * A session Redis that is set back loses a feeder's newest bars. The feeder gets an error before the session passes the
 * lost bars. When it has sent them again, the session ends with the digest of an undisturbed one (I1).
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, FedBarsLostError, type Barkeep, type ClientSession } from '@barkeep/client';
import { RedisServer } from '../faults/lab/redis-server.js';
import { FeedRequests, lineOf } from '../support/programs/feed-requests.js';
import { Api } from '../support/system/api.js';
import { serveHttp, type HttpServer } from '../support/system/http-server.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';

const SPEC = { start: '2024-03-04', end: '2024-03-04', symbols: ['AAA'], upkeep: { enabled: false } };
const FED = { ...SPEC, source: { type: 'feed' } } as const;
const bars = marketBars({ ...SPEC, seed: 29 }).get('AAA')!;
const MINUTE_MS = 60_000;
/** Half of the day's bars. */
const HALF = bars.length / 2;

const folder = mkdtempSync(join(tmpdir(), 'feed-loss-'));
let system: TestSystem;
let store: RedisServer;
let api: Api;
let client: Barkeep;
/** Digest of the session that streams the same bars from a dataset. */
let twin: string;

beforeAll(async () => {
  store = await RedisServer.start(join(folder, 'session'));
  system = await TestSystem.create({ SESSION_REDIS_URL: store.url });
  await writeBars(system.databaseUrl, 'whole', new Map([['AAA', bars]]));
  api = new Api((await system.coordinator()).url);
  client = connect({ coordinator: api.url, redis: store.url, keyPrefix: system.sessionPrefix });
  await api.completed(await api.run({ ...SPEC, id: 'twin', source: { type: 'dataset', dataset: 'whole' } }));
  twin = await api.digest('twin');
});
afterAll(async () => {
  await client?.close();
  await system?.close();
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Creates and starts a fed session, and waits until it has a store. */
async function begin(id: string): Promise<ClientSession> {
  const session = await client.createSession({ ...FED, id }, { start: true });
  await session.reader();
  return session;
}

async function endsAsTwin(session: ClientSession): Promise<void> {
  const { counts } = await session.completed();
  expect(counts).toMatchObject({ streamed: bars.length, missing: 0, absent: 0 });
  expect((await session.digest()).digest).toBe(twin);
}

test('I1 a feeder whose bars were lost gets an error, sends them again, and the session is complete', async () => {
  const session = await begin('bars');
  const stream = session.registerStream('AAA');
  const lost = 60;
  await stream.feed(bars.slice(0, HALF));
  const restoreSnapshot = await store.snapshot();
  await stream.feed(bars.slice(HALF, HALF + lost));
  await restoreSnapshot();
  const error = await stream.feed(bars.slice(HALF + lost)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FedBarsLostError);
  expect(error).toMatchObject({ symbol: 'AAA', reachedMs: bars[HALF]!.openTime, bars: lost });

  const { reachedMs } = error as FedBarsLostError;
  await stream.feed(bars.filter(({ openTime }) => openTime + MINUTE_MS > reachedMs));
  await stream.end();
  await endsAsTwin(session);
});

test('I1 a stream whose last bars were lost cannot be ended before they are sent again', async () => {
  const session = await begin('end');
  const stream = session.registerStream('AAA');
  await stream.feed(bars.slice(0, HALF));
  const restoreSnapshot = await store.snapshot();
  await stream.feed(bars.slice(HALF));
  await restoreSnapshot();
  await expect(stream.end()).rejects.toBeInstanceOf(FedBarsLostError);
  const fed = await session.registerStream('AAA').feed(bars);
  expect(fed).toMatchObject({ accepted: bars.length - HALF, duplicates: HALF });
  await stream.end();
  await endsAsTwin(session);
});

test('I1 a long request is refused at the first batch after the loss', async () => {
  const { id } = await begin('body');
  /** Number of AAA's bars in the session's store; null before the first one. */
  const storedCount = () => store.client.hget(`${system.sessionPrefix}:{body:0}:feed`, 'AAA stored');
  // Restoring this loses all bars, because none is sent yet.
  const restoreSnapshot = await store.snapshot();
  async function* lines() {
    yield bars.slice(0, HALF).map(lineOf).join('');
    await api.eventually(storedCount, (count) => Number(count) === HALF);
    await restoreSnapshot();
    yield bars.slice(HALF).map(lineOf).join('');
  }
  expect(await new FeedRequests(api).feedLines(id, 'AAA', lines())).toMatchObject({
    status: 409,
    body: {
      type: 'urn:barkeep:problem:fed-bars-lost',
      lost: { symbol: 'AAA', reached: '2024-03-04T14:30:00.000Z', bars: HALF },
    },
  });
  // The first half is lost, and the second half was refused.
  expect(await storedCount()).toBeNull();
});

describe('barkeep feed', () => {
  /** In front of the coordinator. It calls `beforeEnd` before it forwards a request to end a stream. */
  let proxy: HttpServer;
  let beforeEnd: () => Promise<void>;
  beforeAll(async () => {
    proxy = await serveHttp((request, response) => void forward(request, response));
  });
  afterAll(() => proxy?.server.close());

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '' } = request;
    const body = method === 'GET' ? '' : await text(request);
    if (/\/end(\?|$)/.test(url)) await beforeEnd();
    const headers = { 'content-type': request.headers['content-type'] ?? 'application/json' };
    const answer = await fetch(api.url + url, { method, headers, body: body || null });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(await answer.text());
  }

  /** Writes bars into a file. @returns its path */
  const writeCsv = (name: string, rows: typeof bars) => {
    const lines = rows.map(({ openTime, open, high, low, close, volume }) =>
      [new Date(openTime).toISOString(), open, high, low, close, volume].join(','),
    );
    const file = join(folder, name);
    writeFileSync(file, ['time,open,high,low,close,volume', ...lines].join('\n'));
    return file;
  };
  const feed = (id: string, file: string, ...options: string[]) =>
    system.barkeep('feed', id, file, '--symbol', 'AAA', '--json', '--coordinator', proxy.url, ...options);

  /**
   * Takes a snapshot now, and restores it before each of the next `losses` requests to end a stream. @returns a function
   * that counts these requests
   */
  const loseBeforeEnds = async (losses = Infinity): Promise<() => number> => {
    const restoreSnapshot = await store.snapshot();
    let ends = 0;
    beforeEnd = async () => {
      ends++;
      if (ends <= losses) await restoreSnapshot();
    };
    return () => ends;
  };

  test('I1 sends its files again when bars of them were lost', async () => {
    const session = await begin('files');
    const endCount = await loseBeforeEnds(2);
    const fed: unknown = JSON.parse(await feed('files', writeCsv('all.csv', bars)));
    expect(fed).toMatchObject({ accepted: bars.length, duplicate: 0 });
    expect(endCount()).toBe(3); // two after a loss, and one that succeeds
    await endsAsTwin(session);
  });

  test('ends with an error when bars are lost after each attempt', async () => {
    const session = await begin('always');
    const endCount = await loseBeforeEnds();
    await expect(feed('always', writeCsv('all.csv', bars))).rejects.toThrow(
      /code 1\n(the session Redis lost 390 fed bars of AAA: sending the files again\n){3}.*lost its newest writes/s,
    );
    expect(endCount()).toBe(4); // the first attempt, and three more
    await session.delete();
  });

  test('ends with an error at once when an earlier command fed the lost bars, because it cannot send those', async () => {
    const session = await begin('others');
    const endCount = await loseBeforeEnds();
    await feed('others', writeCsv('first.csv', bars.slice(0, HALF)), '--no-end');
    await expect(feed('others', writeCsv('second.csv', bars.slice(HALF)))).rejects.toThrow('lost its newest writes');
    expect(endCount()).toBe(1);
    await session.delete();
  });
});
