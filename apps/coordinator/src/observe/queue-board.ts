/**
 * The queue dashboard at /queues. bull-board has no authentication and can change jobs. So its page and its calls are
 * for admins only, it is read-only unless the configuration says otherwise, and it does not show the address of Redis.
 */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import type { RequestHandler } from 'express';

/** Where the dashboard is. */
export const QUEUES_PATH = '/queues';

/** The dashboard as one request handler, to be mounted at {@link QUEUES_PATH}. */
export function queueBoard(queues: readonly Queue[], writable: boolean): RequestHandler {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(QUEUES_PATH);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: !writable })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Barkeep queues', hideRedisDetails: true } },
  });
  return serverAdapter.getRouter() as RequestHandler;
}
