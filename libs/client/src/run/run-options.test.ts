import { ArgumentError } from '../errors.js';
import { runBacktest } from './run-backtest.js';
import type { RunOptions } from './run-options.js';

const OPTIONS = { spec: { symbols: ['AAA'], start: '2024-03-04', end: '2024-03-04' }, bars: { AAA: [] } };
/** As loggers of some libraries, it has itself inside. */
const LOGGER: { parent?: object } = {};
LOGGER.parent = LOGGER;

it.each<[options: object, message: string]>([
  [{ signal: {} }, 'signal: expected an AbortSignal, was {}'],
  [{ onStep: 3 }, 'onStep: expected a function, was 3'],
  [{ log: 'file' }, 'log: expected a function, was "file"'],
  [{ log: LOGGER }, 'log: expected a function, was object'],
  [{ bars: 3 }, 'bars: expected lists of bars by symbol, or an iterable of bars, was 3'],
  [{ bars: null }, 'bars: expected lists of bars by symbol, or an iterable of bars, was null'],
  [{ bars: () => [] }, 'bars: expected lists of bars by symbol, or an iterable of bars, was function'],
  [{ bars: { AAA: [], BBB: function* () {} } }, 'bars.BBB: expected a list of bars, was function'],
])('a run with the options %p starts nothing, and its error names the option', async (options, message) => {
  const run = runBacktest({ ...OPTIONS, ...options } as unknown as RunOptions);
  await expect(run).rejects.toThrow(ArgumentError);
  await expect(run).rejects.toThrow(message);
});
