/** Watches sessions of a small server that answers as a coordinator does. */
import { sessionExample, type SessionAnswer } from '@barkeep/api';
import { CoordinatorClient } from '@barkeep/client';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { watchToEnd } from './watch-session.js';

const NOTHING_CHANGES_FOR = 4; // answers before the session is completed

/** Watches a session that waits until the last answer, and may stay unchanged for 1 ms. @returns its last state */
async function watch(waiting: Partial<SessionAnswer>): Promise<string> {
  let answers = 0;
  const server = createServer((_, response) => {
    const state = answers++ < NOTHING_CHANGES_FOR ? waiting : { state: 'completed', waitingFor: null };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...sessionExample, ...state }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  const client = new CoordinatorClient(`http://127.0.0.1:${port}`, undefined, signal);
  try {
    return (await watchToEnd({ client, id: 'any', onUpdate: () => undefined, signal, stillLimitMs: 1 })).state;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function waitFor(kind: NonNullable<SessionAnswer['waitingFor']>['kind'], detail = ''): Partial<SessionAnswer> {
  return { state: 'running', waitingFor: { kind, what: [], since: null, detail, nextTryAt: null } };
}

describe('a session that does not change', () => {
  it.each(['consumers', 'feed', 'pace'] as const)('is watched on while it waits for its %s', async (kind) => {
    expect(await watch(waitFor(kind))).toBe('completed');
  });

  it('is watched on while it is paused, and while no coordinator has room for it', async () => {
    expect(await watch({ state: 'paused' })).toBe('completed');
    expect(await watch({ ...waitFor('worker'), clock: null })).toBe('completed');
  });

  it('is an error otherwise, which says what the session waits for', async () => {
    const failing = watch(waitFor('repository', 'waiting for repository vendor-b: 403 forbidden'));
    await expect(failing).rejects.toThrow(
      'was running without a change for 0.001 s: waiting for repository vendor-b: 403 forbidden',
    );
  });
});
