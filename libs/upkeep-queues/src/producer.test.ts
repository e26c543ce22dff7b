import { UpkeepProducer } from './producer.js';

test('the delay of a job is computed by the clock that the producer gets, not by that of the process', async () => {
  const storeNow = Date.now() - 30_000;
  const add = jest.fn();
  const producer = new UpkeepProducer(
    { 'detect-gaps': { add } } as never,
    { attempts: 1, backoffMs: 1 },
    () => storeNow,
  );
  const due = Math.ceil((storeNow + 2_000) / 1_000) * 1_000;
  await producer.detectAt({ sessionId: 's', incarnation: 'i' }, due);
  expect(add.mock.calls[0]![2]).toMatchObject({ delay: due - storeNow, timestamp: storeNow });
});
