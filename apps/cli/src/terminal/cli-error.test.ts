import { symbolsReader, UsageError } from './cli-error.js';

const read = symbolsReader('--symbols');

it('a list of symbols may have blanks around its commas, and a repeated symbol counts once', () => {
  expect(read('SPY, BTC/USD ,SPY')).toEqual(['SPY', 'BTC/USD']);
});

it('a list with an invalid symbol is refused', () => {
  expect(() => read('SPY, A B')).toThrow(UsageError); // a symbol has no blank
});
