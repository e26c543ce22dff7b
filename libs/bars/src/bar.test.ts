/** I7 is an invariant of docs/ARCHITECTURE.md. */
import { REFUSAL_REASONS, refuseBar, refuseValues, type Bar, type RefusalReason } from './bar.js';

const bar: Bar = { openTime: 1_700_000_040_000, open: 10, high: 12, low: 9, close: 11, volume: 500 };

it('zero and negative prices are valid only when the session takes any price, and other checks still apply', () => {
  const crudeOil = { ...bar, open: -13.1, high: 10.01, low: -40.32, close: -37.63 };
  expect(refuseBar(crudeOil)).toBe('negative-price');
  expect(refuseBar(crudeOil, 'any')).toBeUndefined();
  expect(refuseBar({ ...crudeOil, close: -50 }, 'any')).toBe('close-outside-range');
  const zeroPrices = { ...bar, open: 0, high: 0, low: 0, close: 0 };
  expect(refuseBar(zeroPrices)).toBe('zero-price');
  expect(refuseBar(zeroPrices, 'any')).toBeUndefined();
});

it('values so large that their sum overflows are valid', () => {
  const large = Number.MAX_VALUE;
  expect(refuseValues(large, large, large, large, large)).toBeUndefined();
});

it.each<[string, Partial<Bar>]>([
  ['a plain bar', {}],
  ['no volume', { volume: 0 }],
  ['a fraction of volume', { volume: 0.000_001 }],
  ['a single price', { open: 10, high: 10, low: 10, close: 10 }],
  ['a rise from zero (only a fall to zero is suspect)', { open: 0, low: 0 }],
])('%s: %j is valid', (_what, change) => {
  expect(refuseBar({ ...bar, ...change })).toBeUndefined();
});

describe('I7 an invalid bar is refused with its reason', () => {
  it.each<[string, Partial<Bar>, RefusalReason]>([
    ['prices of zero', { open: 0, high: 0, low: 0, close: 0, volume: 0 }, 'zero-price'],
    ['a fall to zero within the bar', { low: 0 }, 'zero-price'],
    ['a fall to zero at the close', { low: 0, close: 0 }, 'zero-price'],
    ['a low and close of minus zero', { low: -0, close: -0 }, 'zero-price'],
    ['an open of zero', { open: 0 }, 'open-outside-range'],
    ['NaN', { close: Number.NaN }, 'not-finite'],
    ['infinite volume', { volume: Infinity }, 'not-finite'],
    ['both infinities', { high: Infinity, low: -Infinity }, 'not-finite'],
    ['a time that is not a whole number', { openTime: 1.5 }, 'not-finite'],
    ['a time that no Date can hold', { openTime: -8.64e15 - 1 }, 'not-finite'],
    ['the last time that a Date can hold: the next day cannot be computed', { openTime: 8.64e15 }, 'not-finite'],
    ['a time beyond whole numbers', { openTime: 2 ** 53 }, 'not-finite'],
    ['a negative price', { low: -1 }, 'negative-price'],
    ['negative volume', { volume: -1 }, 'negative-volume'],
    ['high below low', { high: 8, low: 9 }, 'high-below-low'],
    ['open above high', { open: 12.01 }, 'open-outside-range'],
    ['open below low', { open: 8.99 }, 'open-outside-range'],
    ['close above high', { close: 12.01 }, 'close-outside-range'],
    ['close below low', { close: 8.99 }, 'close-outside-range'],
  ])('%s: %j is refused as %s', (_what, change, reason) => {
    expect(refuseBar({ ...bar, ...change })).toBe(reason);
  });

  it('refuseValues returns one of REFUSAL_REASONS, or undefined for valid values', () => {
    expect(refuseValues(10, 12, 9, 11, 500)).toBeUndefined();
    expect(REFUSAL_REASONS).toContain(refuseValues(10, 8, 9, 10, 500));
  });
});
