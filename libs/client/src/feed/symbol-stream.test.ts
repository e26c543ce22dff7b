import { type CoordinatorClient, FedBarsLostError } from '../http/index.js';
import { SymbolStream, type FeedBar } from './symbol-stream.js';

const bar = (openTime: number): FeedBar => ({ openTime, open: 1, high: 1, low: 1, close: 1, volume: 1 });

const countOf = (ndjson: string) => ndjson.split('\n').length - 1;
const EMPTY_ANSWER = { accepted: 0, duplicates: 0, late: 0, conflicts: 0, refused: {}, problems: [] };

/**
 * A stream to a coordinator that refuses the first bar of each batch, and does not count the stored bars.
 * @returns the stream, the batches that it sends, and how many stored bars it has seen, as it sends with each call
 */
function streamOfRefusals() {
  const sent: { bars: number; throughMs: number | undefined }[] = [];
  const seen: (number | undefined)[] = [];
  const feed: CoordinatorClient['feed'] = async (_session, _symbol, ndjson, throughMs, seenBars) => {
    const bars = countOf(ndjson);
    sent.push({ bars, throughMs });
    seen.push(seenBars);
    if (bars === 0) return EMPTY_ANSWER;
    const problems = [{ index: 0, reason: 'malformed' }];
    return { ...EMPTY_ANSWER, accepted: bars - 1, refused: { malformed: 1 }, problems };
  };
  const endFeed: CoordinatorClient['endFeed'] = async (_session, _symbol, seenBars) => void seen.push(seenBars);
  return { stream: new SymbolStream('AAA', 's', { feed, endFeed }), sent, seen };
}

/**
 * A stream to a coordinator that counts the stored bars, and refuses a call when the stream has seen more of them.
 * @returns the stream, the store, and how many stored bars the stream has seen, as it sends with each call
 */
function streamToStore() {
  const store = { bars: 0 };
  const seen: (number | undefined)[] = [];
  const check = (seenBars: number | undefined): void => {
    seen.push(seenBars);
    if (seenBars === undefined || seenBars <= store.bars) return;
    const details = { status: 409, kind: 'fed-bars-lost', problems: [], requestId: undefined };
    throw new FedBarsLostError('lost', details, 'AAA', 60_000, seenBars - store.bars);
  };
  const feed: CoordinatorClient['feed'] = async (_session, _symbol, ndjson, _throughMs, seenBars) => {
    check(seenBars);
    store.bars += countOf(ndjson);
    return { ...EMPTY_ANSWER, accepted: countOf(ndjson), stored: store.bars };
  };
  const endFeed: CoordinatorClient['endFeed'] = async (_session, _symbol, seenBars) => check(seenBars);
  return { stream: new SymbolStream('AAA', 's', { feed, endFeed }), store, seen };
}

describe('the stream of a symbol', () => {
  it('sends bars in batches of at most 5,000 and adds up the answers, each problem at its index', async () => {
    const { stream, sent } = streamOfRefusals();
    const first = await stream.feed(Array.from({ length: 7_000 }, (_, i) => bar(i)));
    expect(sent).toEqual([
      { bars: 5_000, throughMs: undefined },
      { bars: 2_000, throughMs: undefined },
    ]);
    expect(first).toMatchObject({ sent: 7_000, accepted: 6_998, refused: { malformed: 2 } });
    expect(first.problems.map(({ index }) => index)).toEqual([0, 5_000]);
    const second = await stream.feed([bar(1)]); // a batch of one bar, which is refused
    expect(second.problems).toEqual([{ index: 0, reason: 'malformed' }]);
    expect(stream.total).toMatchObject({ sent: 7_001, refused: { malformed: 3 } });
    expect(stream.total.problems.map(({ index }) => index)).toEqual([0, 5_000, 7_000]);
  });

  it.each([undefined, null, 3, function* () {}])('refuses %p in place of bars, and sends nothing', async (given) => {
    const { stream, sent } = streamOfRefusals();
    const feeding = stream.feed(given as unknown as []);
    await expect(feeding).rejects.toThrow(`bars: expected an array or an iterable of bars, was "${typeof given}"`);
    expect(sent).toEqual([]);
  });

  it('sends throughMs with the last batch of an asynchronous source', async () => {
    const { stream, sent } = streamOfRefusals();
    const arriving = async function* () {
      yield bar(1);
      await Promise.resolve();
      yield bar(2);
    };
    await stream.feed(arriving(), { throughMs: 120_000 });
    expect(sent).toEqual([{ bars: 2, throughMs: 120_000 }]);
  });

  it('refuses a throughMs that is no time, and sends nothing', async () => {
    const { stream, sent } = streamOfRefusals();
    const fed = stream.feed([bar(1)], { throughMs: Date.parse('no time') });
    await expect(fed).rejects.toThrow('throughMs: expected epoch milliseconds, was NaN');
    expect(sent).toEqual([]);
  });

  it('sends throughMs also without bars, and sends nothing without both', async () => {
    const { stream, sent } = streamOfRefusals();
    await stream.feed([], { throughMs: 180_000 });
    await stream.feed([]);
    expect(sent).toEqual([{ bars: 0, throughMs: 180_000 }]);
  });

  it('sends how many bars the store had, and forgets the number when the store has lost some', async () => {
    const { stream, store, seen } = streamToStore();
    await stream.feed([bar(1), bar(2)]); // sends no number, as there is no answer yet
    await stream.feed([bar(3)]); // sends 2
    store.bars = 1; // bars 2 and 3 are lost
    await expect(stream.end()).rejects.toMatchObject({ symbol: 'AAA', reachedMs: 60_000, bars: 2 }); // sends 3
    await stream.feed([bar(2), bar(3)]); // sends no number: it is forgotten
    store.bars = 0; // all bars are lost
    await expect(stream.feed([bar(4)])).rejects.toBeInstanceOf(FedBarsLostError); // sends 3
    await stream.feed([bar(1), bar(2), bar(3), bar(4)]); // sends no number: it is forgotten
    await stream.end(); // sends 4
    expect(seen).toEqual([undefined, 2, 3, undefined, 3, undefined, 4]);
  });

  it('sends no number to a coordinator that does not count the bars', async () => {
    const { stream, seen } = streamOfRefusals();
    await stream.feed([bar(1)]);
    await stream.feed([bar(2)]);
    await stream.end();
    expect(seen).toEqual([undefined, undefined, undefined]);
  });
});
