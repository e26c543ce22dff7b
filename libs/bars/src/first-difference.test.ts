import { firstDifference } from './first-difference.js';

const bar = (openTime: number, close = 10) => ({ openTime, close });
type TestBar = ReturnType<typeof bar>;
const firstOf = (a: TestBar[], b: TestBar[]) => firstDifference(a, b, (one, other) => one.close === other.close);

describe('two lists of bars', () => {
  it('do not differ when all their bars are equal', () => {
    expect(firstOf([bar(0), bar(1)], [bar(0), bar(1)])).toBeUndefined();
  });

  it('differ first where a value does', () => {
    const [a, b] = [bar(1), bar(1, 10.01)];
    expect(firstOf([bar(0), a, bar(2)], [bar(0), b])).toEqual({ openTime: 1, a, b });
  });

  it('differ first where only one has a bar', () => {
    expect(firstOf([bar(0), bar(2)], [bar(0), bar(1), bar(2)])).toEqual({ openTime: 1, a: null, b: bar(1) });
    expect(firstOf([bar(0)], [])).toEqual({ openTime: 0, a: bar(0), b: null });
    expect(firstOf([], [bar(0)])).toEqual({ openTime: 0, a: null, b: bar(0) });
  });
});
