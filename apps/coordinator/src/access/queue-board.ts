/**
 * The queue dashboard at /queues. bull-board has no authentication and can change jobs. So its page and its calls are
 * for admins only, it is read-only unless the configuration says otherwise, and it does not show the address of Redis. Its page
 * loads nothing from other machines.
 */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import type { RequestHandler } from 'express';

/** Where the dashboard is. */
export const QUEUES_PATH = '/queues';
/** bull-board asks Google for its fonts; without them the page uses those of the system. */
const REMOTE_STYLES = /<link[^>]+href="https?:[^>]*>/g;

/** The dashboard as one request handler, to be mounted at {@link QUEUES_PATH}. */
export function queueBoard(queues: readonly Queue[], writable: boolean): RequestHandler {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(QUEUES_PATH);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: !writable })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Barkeep queues', hideRedisDetails: true } },
  });
  const board = serverAdapter.getRouter() as RequestHandler;
  return (request, response, next) => {
    const send = response.send.bind(response);
    response.send = (body: unknown) => send(typeof body === 'string' ? body.replace(REMOTE_STYLES, '') : body);
    return board(request, response, next);
  };
}
