/**
 * Feeds sessions with the client library: in lockstep, at a pace, and while a coordinator is killed. In each case the session
 * ends with the bytes of a session that streams the same bars from a dataset (I1).
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { connect, type Barkeep, type ClientSession } from '@barkeep/client';
import { marketBars, tradingDays, writeBars } from '../support/data/market.js';
import { latch } from '../support/setup/latch.js';
import { ownerOf } from '../support/system/owner.js';
import { TestSystem, type SystemProcess } from '../support/system/system.js';

const DATES = { start: '2024-03-04', end: '2024-03-05' };
const SYMBOLS = ['AAA', 'BBB'];
const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 23 });
const SPEC = { ...DATES, symbols: SYMBOLS, derivedIntervals: ['5m'] };
const FED = { ...SPEC, source: { type: 'feed' } } as const;
/** Slots of one symbol on both days. */
const SLOTS = 2 * 390;
/** Close of the last day. */
const END = tradingDays(DATES).at(-1)!.segments.at(-1)!.close;
/** Bars of one request: few, so that many requests are under way when a coordinator is killed. */
const BARS_A_REQUEST = 10;

let system: TestSystem;
let coordinators: SystemProcess[];
let clients: Barkeep[];
/** Digest of the session that streams the dataset. */
let twin: string;
beforeAll(async () => {
  system = await TestSystem.create();
  await writeBars(system.databaseUrl, 'whole', market);
  coordinators = await Promise.all([system.coordinator(), system.coordinator()]);
  await system.worker();
  clients = coordinators.map(({ url }) => connect({ coordinator: url, keyPrefix: system.sessionPrefix }));
  const source = { type: 'dataset', dataset: 'whole' } as const;
  const session = await clients[0]!.createSession({ ...SPEC, id: 'twin', source }, { start: true });
  await session.completed();
  twin = (await session.digest()).digest;
});
afterAll(async () => {
  await Promise.all(clients?.map((client) => client.close()) ?? []);
  await system?.close();
});

/**
 * Feeds all bars of a symbol in small requests, then ends the symbol. @param onSent called after each request with the
 * number of bars that are sent so far @returns the totals of the stream
 */
async function feed(session: ClientSession, symbol: string, onSent: (count: number) => void = () => undefined) {
  const stream = session.registerStream(symbol);
  const bars = market.get(symbol)!;
  for (let sent = 0; sent < bars.length; sent += BARS_A_REQUEST) {
    await stream.feed(bars.slice(sent, sent + BARS_A_REQUEST));
    onSent(sent + BARS_A_REQUEST);
  }
  await stream.end();
  return stream.total;
}

async function endsAsTwin(session: ClientSession): Promise<void> {
  const { counts } = await session.completed();
  expect(counts).toMatchObject({ expected: 2 * SLOTS, streamed: 2 * SLOTS, missing: 0, absent: 0 });
  expect((await session.digest()).digest).toBe(twin);
}

it('I1 I2 in lockstep every step has the bars of its minute, and the clock waits for the feed', async () => {
  const spec = { ...FED, id: 'lockstep', pace: { mode: 'lockstep', window: 30 } } as const;
  const session = await clients[0]!.createSession({ ...spec, upkeep: { barrier: { minutes: 30 } } }, { start: true });
  let sentOfBbb = 0;
  const feeding = Promise.all([feed(session, 'AAA'), feed(session, 'BBB', (count) => (sentOfBbb = count))]);
  let steps = 0;
  for await (const { bars } of session.follow({ consumer: 'one' })) {
    for (const symbol of SYMBOLS) expect(bars.get(symbol)).toMatchObject(market.get(symbol)![steps]!);
    steps++;
    // The bars of a request may be in the store before its answer arrives.
    expect(steps).toBeLessThanOrEqual(sentOfBbb + BARS_A_REQUEST);
  }
  expect(await feeding).toMatchObject([{ accepted: SLOTS }, { accepted: SLOTS }]);
  expect(steps).toBe(SLOTS);
  expect((await session.consumers())[0]).toMatchObject({ name: 'one', time: END, steps: SLOTS, bars: 2 * SLOTS });
  await endsAsTwin(session);
});

it('I2 at a pace the clock moves bar by bar up to the slower feed, and no further', async () => {
  const pace = { mode: 'clock', speed: 60_000 } as const;
  const spec = { ...FED, id: 'paced', pace, upkeep: { barrier: 'none' } } as const;
  const session = await clients[0]!.createSession(spec, { start: true });
  const [aaa, bbb] = SYMBOLS.map((symbol) => market.get(symbol)!);
  const [a, b] = SYMBOLS.map((symbol) => session.registerStream(symbol));
  const fedOfBbb = 100;
  await a!.feed(aaa!);
  await b!.feed(bbb!.slice(0, fedOfBbb));
  // The close of a bar is the open of the next one.
  const closes = bbb!.slice(1, fedOfBbb + 1).map(({ openTime }) => openTime);
  const times: number[] = [];
  for await (const event of session.events({ types: ['clock'], from: 'beginning' })) {
    if (event.type === 'clock') times.push(event.time);
    if (times.at(-1) === closes.at(-1)) break;
  }
  expect(times).toEqual(closes);
  expect(Date.parse((await session.status()).clock!)).toBe(closes.at(-1));

  await b!.feed(bbb!.slice(fedOfBbb));
  await Promise.all([a!.end(), b!.end()]);
  await endsAsTwin(session);
});

it('I1 no bar is lost when the owner is killed while one feeder sends through it and one through another coordinator', async () => {
  const spec = { ...FED, id: 'killed' };
  await clients[0]!.createSession(spec, { start: true });
  const owner = await ownerOf(system, coordinators, 'killed');
  // Each feeder uses another coordinator.
  const sent = [0, 0];
  const quarterSent = latch();
  const feeding = SYMBOLS.map((symbol, i) =>
    feed(clients[i]!.session('killed'), symbol, (count) => {
      sent[i] = count;
      if (Math.min(...sent) >= SLOTS / 4) quarterSent.open();
    }),
  );
  await quarterSent.opened;
  await owner.signal('SIGKILL');
  expect(Math.max(...sent)).toBeLessThan(SLOTS); // both feeders still send
  const { port } = new URL(owner.url);
  coordinators[coordinators.indexOf(owner)] = await system.coordinator({ BARKEEP_PORT: port });

  for (const { sent: all, accepted, duplicates, conflicts } of await Promise.all(feeding)) {
    // When an answer was lost after its bars were stored, the repeated request counts them as duplicates.
    expect(accepted + duplicates).toBe(all);
    expect({ all, conflicts }).toEqual({ all: SLOTS, conflicts: 0 });
    expect(duplicates).toBeLessThanOrEqual(BARS_A_REQUEST);
  }
  await endsAsTwin(clients[0]!.session('killed'));
});
