import { symbolsReader, UsageError } from './cli-error.js';

it('a list of symbols may have blanks after its commas, and has each symbol once', () => {
  const read = symbolsReader('--symbols');
  expect(read('SPY, BTC/USD ,SPY')).toEqual(['SPY', 'BTC/USD']);
  expect(() => read('SPY, A B')).toThrow(UsageError);
});
