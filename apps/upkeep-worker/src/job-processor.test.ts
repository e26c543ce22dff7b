import { Logger } from '@nestjs/common';
import { processorOf } from './job-processor.js';

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('connection errors are logged at most once a second, even when the clock of the machine is set back', () => {
  jest.useFakeTimers();
  const log = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
  const QueueProcessor = processorOf('aggregate', 'AggregateProcessor', { run: () => Promise.resolve() }, {});
  const processor = new QueueProcessor() as unknown as { onError(error: Error): void };
  processor.onError(new Error('first'));
  processor.onError(new Error('within the same second'));
  jest.setSystemTime(Date.now() - 3_600_000);
  jest.advanceTimersByTime(1_000);
  processor.onError(new Error('a second later'));
  expect(log.mock.calls).toEqual([['first'], ['a second later']]);
});
