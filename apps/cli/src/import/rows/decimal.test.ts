/** Numbers in the bytes of a row: plain decimals, and numbers with other decimal signs, groups of digits or a scale. */
import { decimalAt, numberReader } from './decimal.js';

const read = (text: string): number => {
  // The digits around the text would change the number if they were read, too.
  const bytes = Buffer.from(`9${text}9`);
  return decimalAt(bytes, 1, bytes.length - 1);
};

describe('a decimal in bytes', () => {
  it('is the number that Number() reads, for every form of decimal', () => {
    const short = ['0', '-0.5', '+7', '.5', '5.', '0.1', '416.29', '46.33579289', '1689500', '1e3', '1.5E-7'];
    const longWhole = ['123456789012345', '9007199254740993'];
    const longFraction = ['0.000000000000001', '123456789.123456789', '1234567890123456.7'];
    for (const text of [...short, ...longWhole, ...longFraction])
      expect({ text, value: read(text) }).toEqual({ text, value: Number(text) });
  });

  it('is the number that Number() reads, for a thousand prices', () => {
    for (let i = 0; i < 1000; i++) {
      // Products modulo a prime are spread from 0 to 100,003. They get 0 to 8 decimals.
      const text = ((i * 7919.131) % 100_003).toFixed(i % 9);
      expect(read(text)).toBe(Number(text));
    }
  });

  it('may have blanks around it', () => expect(read(' 12.5\t')).toBe(12.5));

  it.each(['', ' ', '-', '.', '1.2.3', '1,2', 'abc', '12a', 'NaN', 'Infinity', '1e999', '0x10', '1_000'])(
    'is NaN when the text is no finite decimal: "%s"',
    (text) => expect(read(text)).toBeNaN(),
  );
});

describe('a number with the signs of a file', () => {
  /** @param decimal the decimal sign @param thousands the sign between groups of digits, if there are groups */
  const styled = (text: string, decimal: '.' | ',', thousands?: string, scale = 1): number => {
    const readNumber = numberReader({ decimal, ...(thousands !== undefined && { thousands }) }, scale);
    return readNumber(Buffer.from(text), 0, text.length);
  };

  it.each([
    ['1,0855', ',', undefined, 1.0855],
    ['1.234.567,5', ',', '.', 1_234_567.5],
    ['1,234,567', '.', ',', 1_234_567],
    ['-1 234,5', ',', ' ', -1234.5],
    ['12', ',', '.', 12],
  ] as const)('%s is read with decimal sign %s and groups by %s', (text, decimal, thousands, value) =>
    expect(styled(text, decimal, thousands)).toBe(value),
  );

  it.each([
    ['1.0850', ',', '.'],
    ['1,2,3', ',', undefined],
    ['12.34.567', ',', '.'],
    ['.123', ',', '.'],
    ['1,234.5', ',', '.'],
  ] as const)('%s is no number with decimal sign %s and groups by %s', (text, decimal, thousands) =>
    expect(styled(text, decimal, thousands)).toBeNaN(),
  );

  it('is divided by its scale, and by a power of ten without a second rounding', () => {
    const scaled = (text: string, scale: number): number => styled(text, '.', undefined, scale);
    expect(scaled('1689500', 10_000)).toBe(168.95);
    expect(scaled('1234567890123456789', 1e9)).toBe(Number('1234567890.123456789'));
    expect(scaled('5130250000000', 1e9)).toBe(5130.25);
    expect(scaled('0.1', 3)).toBe(0.1 / 3); // 3 is no power of ten
  });
});
