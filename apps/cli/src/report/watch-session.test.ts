/** Watches sessions of a small server that answers as a coordinator does. */
import { metricsExample, sessionExample, type SessionAnswer } from '@barkeep/api';
import { CoordinatorClient } from '@barkeep/client';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { watchToEnd, watchToSettled } from './watch-session.js';

/** So many answers are the same before the session is completed. */
const UNCHANGED_ANSWERS = 4;

/** Watches a session whose server answers each path with `answerOf`. It may stay unchanged for 1 ms. @returns its last state */
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

/** Watches a session that waits until the last answer. @returns its last state */
function watch(waiting: Partial<SessionAnswer>): Promise<string> {
  let answers = 0;
  const stateOf = () => (answers++ < UNCHANGED_ANSWERS ? waiting : { state: 'completed', waitingFor: null });
  return watchOn(() => ({ ...sessionExample, ...stateOf() }), watchToEnd);
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

describe('a session that removes days', () => {
  // The counts of the session include removed days, the metrics of its symbols do not.
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

  it('has its metrics read only before a request for upkeep, not at each poll', async () => {
    const settled = { ...SESSION, counts: { ...counts, absent: 0, missing: 0 } };
    const paths: string[] = [];
    const answerOf = (path: string) => {
      paths.push(path);
      if (path.includes('/metrics')) return { ...metricsExample, absent: 1 };
      return paths.filter((each) => each === path).length <= UNCHANGED_ANSWERS ? SESSION : settled;
    };
    const oncePerMinute = (watched: Parameters<typeof watchToSettled>[0]) =>
      watchToSettled({ ...watched, stillLimitMs: undefined }, 60_000);
    await watchOn(answerOf, oncePerMinute);
    expect(paths.filter((path) => path.includes('/metrics'))).toHaveLength(sessionExample.symbols.length);
  });
});
