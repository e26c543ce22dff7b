import { intervalName, IntervalError, isDerivable, parseInterval } from './interval.js';

describe('intervals', () => {
  it.each([
    ['1m', '1m', 60_000],
    ['5m', '5m', 300_000],
    ['60m', '1h', 3_600_000],
    ['90m', '90m', 5_400_000],
    ['120m', '2h', 7_200_000],
    ['24h', '24h', 86_400_000],
  ])('%s has one name, %s, and %d ms', (text, name, ms) => {
    expect(parseInterval(text)).toEqual({ name, ms, daily: false });
  });

  it('1d is the trading day, which is not 24 hours', () => {
    expect(parseInterval('1d')).toEqual({ name: '1d', ms: 86_400_000, daily: true });
    expect(parseInterval('1d').name).not.toBe(parseInterval('24h').name);
  });

  it('intervalName returns the canonical name, and undefined for a text that is not an interval', () => {
    expect(intervalName('60m')).toBe('1h');
    expect(intervalName('1h')).toBe('1h');
    expect(intervalName('hour')).toBeUndefined();
  });

  it('1440m is refused, because it could mean the trading day or 24 hours', () => {
    expect(() => parseInterval('1440m')).toThrow('was "1440m" (write 1d for the trading day, or 24h for 24 hours)');
  });

  it.each(['', '0m', '01m', '1', 'm', '1s', '1M', ' 1m', '1m ', '1.5h', '-1m', '25h', '1441m', '2d', '0d', '99999m'])(
    '%j is refused, with the value in the message',
    (text) => {
      expect(() => parseInterval(text)).toThrow(IntervalError);
      expect(() => parseInterval(text)).toThrow(`was "${text}"`);
    },
  );

  it.each([
    ['5m', '1m', true],
    ['1h', '5m', true],
    ['90m', '30m', true],
    ['1d', '1m', true],
    ['1d', '7m', true],
    ['1m', '1m', false],
    ['1m', '5m', false],
    ['7m', '5m', false],
    ['90m', '1h', false],
    ['1d', '1d', false],
    ['24h', '1d', false],
  ])('whether %s bars can be made of %s bars: %s', (derived, base, expected) => {
    expect(isDerivable(parseInterval(derived), parseInterval(base))).toBe(expected);
  });
});
