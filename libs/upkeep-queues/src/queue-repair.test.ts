/** I11 is an invariant of docs/ARCHITECTURE.md. */
import { removeQueues } from './queue-repair.js';

test('I11 removing the queues of a Redis that is away fails at once', async () => {
  await expect(removeQueues('redis://127.0.0.1:1/0', 'none')).rejects.toThrow('Reached the max retries');
}, 10_000);
