/** Watches sessions of a small server that answers as a coordinator does. */
import { metricsExample, sessionExample, type SessionAnswer } from '@barkeep/api';
import { CoordinatorClient } from '@barkeep/client';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { watchToEnd, watchToSettled } from './watch-session.js';

/** Number of equal answers before the session changes. */
const UNCHANGED_ANSWERS = 4;

/**
 * Watches a session until it ends. The watch fails when the session does not change for 1 ms and waits for nothing that may take long.
 * @param answerOf what the server answers to a path @returns the last state of the session
 */
async function watchOn(answerOf: (path: string) => object, toEnd: typeof watchToEnd): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answerOf(url)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  const client = new CoordinatorClient(`http://127.0.0.1:${port}`, undefined, signal);
  try {
    return (await toEnd({ client, id: 'any', onUpdate: () => undefined, signal, stillLimitMs: 1 })).state;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Watches a session that waits for some answers and then is completed. @param waiting its fields while it waits @returns its last state */
function watch(waiting: Partial<SessionAnswer>): Promise<string> {
  let answers = 0;
  const stateOf = () => (answers++ < UNCHANGED_ANSWERS ? waiting : { state: 'completed', waitingFor: null });
  return watchOn(() => ({ ...sessionExample, ...stateOf() }), watchToEnd);
}

/** The fields of a session that waits. @param detail what the coordinator says about it */
function waitFor(kind: NonNullable<SessionAnswer['waitingFor']>['kind'], detail = ''): Partial<SessionAnswer> {
  return { state: 'running', waitingFor: { kind, what: [], since: null, detail, nextTryAt: null } };
}

describe('a session that does not change', () => {
  it.each(['consumers', 'feed', 'pace'] as const)('is watched further while it waits for its %s', async (kind) => {
    expect(await watch(waitFor(kind))).toBe('completed');
  });

  it('is watched further while it is paused, and while it has not begun because no coordinator has room for it', async () => {
    expect(await watch({ state: 'paused' })).toBe('completed');
    expect(await watch({ ...waitFor('worker'), clock: null })).toBe('completed');
  });

  it('is an error while it waits for a repository, and the error says so', async () => {
    const failing = watch(waitFor('repository', 'waiting for repository vendor-b: 403 forbidden'));
    await expect(failing).rejects.toThrow(
      'was running without a change for 0.001 s: waiting for repository vendor-b: 403 forbidden',
    );
  });
});

describe('a session that keeps one day and removes the days before', () => {
  // The counts of the session include removed days. The metrics of its symbols do not.
  const { spec, counts } = sessionExample;
  const SESSION = {
    ...sessionExample,
    state: 'completed',
    spec: { ...spec, history: { ...spec.history, retainDays: 1 } },
    counts: { ...counts, absent: 5, missing: 2 },
  };

  it('is settled although slots of removed days are absent', async () => {
    const metrics = { ...metricsExample, absent: 0, missing: 0 };
    const answerOf = (path: string) => (path.includes('/metrics') ? metrics : SESSION);
    expect(await watchOn(answerOf, watchToSettled)).toBe('completed');
  });

  it('has the metrics of each symbol read once a minute, and not with each read of the session', async () => {
    const settled = { ...SESSION, counts: { ...counts, absent: 0, missing: 0 } };
    const paths: string[] = [];
    const answerOf = (path: string) => {
      paths.push(path);
      if (path.includes('/metrics')) return { ...metricsExample, absent: 1 };
      const reads = paths.filter((each) => each === path).length;
      return reads <= UNCHANGED_ANSWERS ? SESSION : settled;
    };
    const oncePerMinute = (watched: Parameters<typeof watchToSettled>[0]) =>
      watchToSettled({ ...watched, stillLimitMs: undefined }, 60_000);
    await watchOn(answerOf, oncePerMinute);
    expect(paths.filter((path) => path.includes('/metrics'))).toHaveLength(sessionExample.symbols.length);
  });
});
