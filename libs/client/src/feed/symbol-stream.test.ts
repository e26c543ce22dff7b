import { type CoordinatorClient, FedBarsLostError } from '../http/index.js';
import { SymbolStream, type FeedBar } from './symbol-stream.js';

const bar = (openTime: number): FeedBar => ({ openTime, open: 1, high: 1, low: 1, close: 1, volume: 1 });

/** A stream whose coordinator records each batch and refuses its first bar. @param onSeen called with `seen` of each call */
function recordingStream(onSeen: (seen: number | undefined) => void = () => undefined): {
  stream: SymbolStream;
  sent: { bars: number; throughMs: number | undefined }[];
} {
  const sent: { bars: number; throughMs: number | undefined }[] = [];
  const feed: CoordinatorClient['feed'] = (_session, _symbol, ndjson, throughMs, seen) => {
    onSeen(seen);
    const bars = ndjson.split('\n').length - 1;
    sent.push({ bars, throughMs });
    const counts = { accepted: Math.max(0, bars - 1), duplicates: 0, late: 0, conflicts: 0 };
    const refused: Record<string, number> = bars > 0 ? { malformed: 1 } : {};
    return Promise.resolve({ ...counts, refused, problems: bars > 0 ? [{ index: 0, reason: 'malformed' }] : [] });
  };
  const endFeed: CoordinatorClient['endFeed'] = (_session, _symbol, seen) => Promise.resolve(onSeen(seen));
  return { stream: new SymbolStream('AAA', 's', { feed, endFeed }), sent };
}

describe('the stream of a symbol', () => {
  it('sends bars in batches and adds up the answers, each problem at its index', async () => {
    const { stream, sent } = recordingStream();
    // A batch has at most 5,000 bars, so 7,000 bars make two batches, each with one refused bar.
    const first = await stream.feed(Array.from({ length: 7_000 }, (_, i) => bar(i)));
    expect(sent).toEqual([
      { bars: 5_000, throughMs: undefined },
      { bars: 2_000, throughMs: undefined },
    ]);
    expect(first).toMatchObject({ sent: 7_000, accepted: 6_998, refused: { malformed: 2 } });
    expect(first.problems.map(({ index }) => index)).toEqual([0, 5_000]);
    const second = await stream.feed([bar(1)]); // its only bar is the first of a batch, so it is refused
    expect(second.problems).toEqual([{ index: 0, reason: 'malformed' }]);
    expect(stream.total).toMatchObject({ sent: 7_001, refused: { malformed: 3 } });
    expect(stream.total.problems.map(({ index }) => index)).toEqual([0, 5_000, 7_000]);
  });

  it('sends throughMs with the last batch of an asynchronous source', async () => {
    const { stream, sent } = recordingStream();
    const arriving = async function* () {
      yield bar(1);
      await Promise.resolve();
      yield bar(2);
    };
    await stream.feed(arriving(), { throughMs: 120_000 });
    expect(sent).toEqual([{ bars: 2, throughMs: 120_000 }]);
  });

  it('refuses a throughMs that is no time, and sends nothing', async () => {
    const { stream, sent } = recordingStream();
    const fed = stream.feed([bar(1)], { throughMs: Date.parse('no time') });
    await expect(fed).rejects.toThrow('throughMs: expected epoch milliseconds, was NaN');
    expect(sent).toEqual([]);
  });

  it('sends throughMs also without bars, and sends nothing without both', async () => {
    const { stream, sent } = recordingStream();
    await stream.feed([], { throughMs: 180_000 });
    await stream.feed([]);
    expect(sent).toEqual([{ bars: 0, throughMs: 180_000 }]);
  });

  it('sends how many bars the store had, and forgets the number when the store has lost some', async () => {
    const seen: (number | undefined)[] = [];
    let stored = 0;
    /** Fails as the coordinator does when the store has fewer bars than the stream has seen. */
    const check = (given: number | undefined): void => {
      seen.push(given);
      if (given === undefined || given <= stored) return;
      const details = { status: 409, kind: 'fed-bars-lost', problems: [], requestId: undefined };
      throw new FedBarsLostError('lost', details, 'AAA', 60_000, given - stored);
    };
    const feed: CoordinatorClient['feed'] = async (_session, _symbol, ndjson, _through, given) => {
      await Promise.resolve();
      check(given);
      const accepted = ndjson.split('\n').length - 1;
      stored += accepted;
      return { accepted, duplicates: 0, late: 0, conflicts: 0, refused: {}, problems: [], stored };
    };
    const endFeed: CoordinatorClient['endFeed'] = async (_session, _symbol, given) => {
      await Promise.resolve();
      check(given);
    };
    const stream = new SymbolStream('AAA', 's', { feed, endFeed });
    await stream.feed([bar(1), bar(2)]); // sends no number, as there is no answer yet
    await stream.feed([bar(3)]); // sends 2
    stored = 1; // bars 2 and 3 are lost
    await expect(stream.end()).rejects.toMatchObject({ symbol: 'AAA', reachedMs: 60_000, bars: 2 }); // sends 3
    await stream.feed([bar(2), bar(3)]); // sends no number: it is forgotten
    stored = 0; // all bars are lost
    await expect(stream.feed([bar(4)])).rejects.toBeInstanceOf(FedBarsLostError); // sends 3
    await stream.feed([bar(1), bar(2), bar(3), bar(4)]); // sends no number: it is forgotten
    await stream.end(); // sends 4
    expect(seen).toEqual([undefined, 2, 3, undefined, 3, undefined, 4]);
  });

  it('sends no number to a coordinator that does not count the bars', async () => {
    const seen: (number | undefined)[] = [];
    const { stream } = recordingStream((given) => seen.push(given));
    await stream.feed([bar(1)]);
    await stream.feed([bar(2)]);
    await stream.end();
    expect(seen).toEqual([undefined, undefined, undefined]);
  });
});
