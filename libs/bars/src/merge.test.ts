import { seeded } from '../../../test/support/seeded.js';
import { mergeByTime, UnorderedStreamError } from './merge.js';

interface Item {
  time: number;
  stream: number;
}
const timeOf = ({ time }: Item) => time;

describe('merging streams by time', () => {
  it('gives what a stable sort of all items gives, for any number of streams, also empty ones', () => {
    const random = seeded(11);
    for (let round = 0; round < 100; round++) {
      const streams = Array.from({ length: random.int(0, 20) }, (_, stream): Item[] =>
        Array.from({ length: random.int(0, 30) }, () => ({ time: random.int(0, 40), stream })).sort(
          (a, b) => a.time - b.time,
        ),
      );
      expect([...mergeByTime(streams, timeOf)]).toEqual(streams.flat().sort((a, b) => a.time - b.time));
    }
  });

  it('holds one item of each stream and no more', () => {
    let taken = 0;
    function* stream(): Generator<Item> {
      for (let time = 0; ; time++) {
        taken++;
        yield { time, stream: 0 };
      }
    }
    const merged = mergeByTime([stream(), stream(), stream()], timeOf);
    for (let i = 0; i < 30; i++) merged.next();
    expect(taken).toBeLessThanOrEqual(33);
  });

  it('a stream that goes back in time is named', () => {
    const streams = [[{ time: 1, stream: 0 }], [2, 5, 4].map((time) => ({ time, stream: 1 }))];
    const merge = () => [...mergeByTime(streams, timeOf)];
    expect(merge).toThrow(UnorderedStreamError);
    expect(merge).toThrow('stream 1: expected a time of at least 5, was 4');
  });
});
