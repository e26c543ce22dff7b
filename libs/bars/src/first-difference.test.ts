import { firstDifference } from './first-difference.js';

const bar = (openTime: number, close = 10) => ({ openTime, close });
type TestBar = ReturnType<typeof bar>;
const firstOf = (a: TestBar[], b: TestBar[]) => firstDifference(a, b, (one, other) => one.close === other.close);

describe('firstDifference', () => {
  it('lists with equal bars do not differ', () => {
    expect(firstOf([bar(0), bar(1)], [bar(0), bar(1)])).toBeUndefined();
  });

  it('lists differ at the first bar with another value', () => {
    const [a, b] = [bar(1), bar(1, 10.01)];
    expect(firstOf([bar(0), a, bar(2)], [bar(0), b])).toEqual({ openTime: 1, a, b });
  });

  it('lists differ at the first time at which only one of them has a bar', () => {
    expect(firstOf([bar(0), bar(2)], [bar(0), bar(1), bar(2)])).toEqual({ openTime: 1, a: null, b: bar(1) });
    expect(firstOf([bar(0)], [])).toEqual({ openTime: 0, a: bar(0), b: null });
    expect(firstOf([], [bar(0)])).toEqual({ openTime: 0, a: null, b: bar(0) });
  });
});
