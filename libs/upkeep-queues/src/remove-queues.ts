/** Removes the queues of a former deployment from the queue Redis. No process may be working on them. */
import { openQueues, producerConnection } from './connections.js';
import { activityKey } from './queue-depths.js';

/** Removes the four queues of a prefix with all their jobs, and the activity of its workers. @param url of the queue Redis */
export async function removeQueues(url: string, prefix: string): Promise<void> {
  const connection = producerConnection(url);
  const queues = Object.values(openQueues(connection, prefix));
  try {
    for (const queue of queues) await queue.obliterate({ force: true });
    await connection.unlink(activityKey(prefix));
  } finally {
    await Promise.allSettled(queues.map((queue) => queue.close()));
    connection.disconnect();
  }
}
