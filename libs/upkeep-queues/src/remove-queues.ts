/** Removes what a deployment that is no more has left in the queue Redis. Nobody may be working on its queues. */
import { openQueues, producerConnection } from './connections.js';

/** Removes the four queues of a prefix with all of their jobs. @param url the queue Redis */
export async function removeQueues(url: string, prefix: string): Promise<void> {
  const connection = producerConnection(url);
  const queues = Object.values(openQueues(connection, prefix));
  try {
    for (const queue of queues) await queue.obliterate({ force: true });
  } finally {
    await Promise.allSettled(queues.map((queue) => queue.close()));
    connection.disconnect();
  }
}
