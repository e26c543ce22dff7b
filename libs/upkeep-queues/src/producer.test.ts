import { type Queues, UpkeepProducer } from './producer.js';

test('the delay of a job is computed by the clock that the producer gets, not by that of the process', async () => {
  const storeNow = Date.now() - 30_000; // behind the clock of the process
  const add = jest.fn();
  const queues = { 'detect-gaps': { add } } as unknown as Queues;
  const producer = new UpkeepProducer(queues, { attempts: 1, backoffMs: 1 }, () => storeNow);
  const fullSecond = Math.ceil((storeNow + 2_000) / 1_000) * 1_000;
  await producer.detectAt({ sessionId: 's', incarnation: 'i' }, fullSecond);
  const [_name, _payload, options] = add.mock.calls[0]! as unknown[];
  expect(options).toMatchObject({ delay: fullSecond - storeNow, timestamp: storeNow });
});
