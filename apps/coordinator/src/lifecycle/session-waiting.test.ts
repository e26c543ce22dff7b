/** I11 and I12 are invariants of docs/ARCHITECTURE.md. */
import type { StreamWait } from '@barkeep/session-data';
import { SessionWaiting } from './session-waiting.js';

const REPOSITORIES_KEY = 'barkeep:{s:0}:repositories';

/** A session in lockstep with two consumers that waits for upkeep. */
const SESSION = {
  state: 'waiting-upkeep',
  wait: { kind: 'upkeep', since: 1_000, until: null } as StreamWait | null,
  clock: 0,
  consumers: [] as object[],
  /** Failures of repositories, by name. */
  failures: {} as Record<string, object>,
  /** For how long no worker has taken a job. */
  silentMs: 0,
  /** How the queue Redis answers with this time. */
  answerSilence: (ms: number): Promise<number> => Promise.resolve(ms),
  hasUpkeep: true,
  isQueued: async (): Promise<boolean> => false,
  updatedAt: new Date(0),
};

/** What a session that differs from {@link SESSION} in some respects waits for. */
function waitingFor(change: Partial<typeof SESSION>) {
  const session = { ...SESSION, ...change };
  const { state, wait, clock, consumers, failures, silentMs, hasUpkeep, isQueued, updatedAt } = session;
  const fields = Object.fromEntries(Object.entries(failures).map(([name, failure]) => [name, JSON.stringify(failure)]));
  const hgetall = async (key: string) => (key === REPOSITORIES_KEY ? fields : {});
  const spec = { pace: { mode: 'lockstep', consumers: 2 }, upkeep: { enabled: hasUpkeep } };
  const symbols = ['AAA', 'BBB'];
  const layout = { spec, symbols, historyEnd: 100, keysOf: () => ({ repositories: REPOSITORIES_KEY }) };
  const opened = { layout, activeSymbols: () => ['AAA'] };
  const sessionWaiting = new SessionWaiting({ hgetall } as never, () => session.answerSilence(silentMs), isQueued);
  return sessionWaiting.of({ state, spec, updatedAt } as never, opened as never, wait, clock, consumers as never);
}

test('I12 a session that waits for upkeep waits for the repository that fails, since its first failure', async () => {
  const failures = { b: { error: '403 forbidden', since: 2_000, nextTryAt: 9_000 } };
  expect(await waitingFor({ failures })).toEqual({
    kind: 'repository',
    what: ['b'],
    since: '1970-01-01T00:00:02.000Z',
    detail: 'waiting for repository b: 403 forbidden',
    nextTryAt: '1970-01-01T00:00:09.000Z',
  });
});

test('I11 a session that waits for a symbol that joined names the repository that fails, or the absence of workers', async () => {
  const wait = { kind: 'symbols', since: 1_000, until: null } as StreamWait;
  const joined = 'waiting for 1 symbol that joined: BBB';
  expect(await waitingFor({ wait })).toMatchObject({ kind: 'symbols', what: ['BBB'], detail: joined, nextTryAt: null });
  const failures = { b: { error: '403 forbidden', since: 2_000, nextTryAt: 9_000 } };
  expect(await waitingFor({ wait, failures })).toEqual({
    kind: 'symbols',
    what: ['BBB'],
    since: '1970-01-01T00:00:01.000Z',
    detail: `${joined}; waiting for repository b: 403 forbidden`,
    nextTryAt: '1970-01-01T00:00:09.000Z',
  });
  const detail = `${joined}; no upkeep worker has taken a job for 25 s`;
  expect(await waitingFor({ wait, silentMs: 25_000 })).toMatchObject({ detail, nextTryAt: null });
});

test('I11 a session without failures names the absence of workers after a while, and before that only upkeep', async () => {
  const detail = async (silentMs: number) => (await waitingFor({ silentMs }))?.detail;
  expect(await detail(25_000)).toBe('no upkeep worker has taken a job for 25 s');
  expect(await detail(5_000)).toBe('waiting for upkeep to repair and derive the next window');
  expect(await detail(0)).toBe('waiting for upkeep to repair and derive the next window');
});

test('I11 a session that waits for upkeep says so when the queue Redis is away or silent', async () => {
  const detail = 'waiting for upkeep to repair and derive the next window';
  expect(await waitingFor({ answerSilence: () => Promise.reject(new Error('away')) })).toMatchObject({ detail });
  expect(await waitingFor({ answerSilence: () => new Promise(() => undefined) })).toMatchObject({ detail });
});

test('a session without upkeep does not name the absence of workers', async () => {
  const waits = await waitingFor({ hasUpkeep: false, silentMs: 25_000 });
  expect(waits?.detail).not.toContain('no upkeep worker');
});

test('a session whose consumers are all gone waits for nothing', async () => {
  const wait: StreamWait = { kind: 'consumers', since: 1_000, until: null };
  expect(await waitingFor({ wait, clock: 600 })).toBeNull();
});

describe('a session whose stream job waits in the queue', () => {
  const queued = { isQueued: async () => true };

  test('I11 waits for a coordinator, and not for what its last stream waited for', async () => {
    expect(await waitingFor(queued)).toMatchObject({ kind: 'worker', since: '1970-01-01T00:00:00.000Z' });
    expect((await waitingFor(queued))!.detail).toMatch(/^waiting for a coordinator that has room/);
    expect(await waitingFor({ ...queued, wait: null })).toMatchObject({ kind: 'worker' });
  });

  test('waits for a coordinator, also when the clock of PostgreSQL is an hour ahead', async () => {
    const updatedAt = new Date(Date.now() + 3_600_000);
    expect(await waitingFor({ ...queued, wait: null, updatedAt })).toMatchObject({ kind: 'worker' });
  });

  test('waits for nothing when it has just started, or does not run', async () => {
    expect(await waitingFor({ ...queued, wait: null, updatedAt: new Date() })).toBeNull();
    expect(await waitingFor({ ...queued, state: 'paused' })).toBeNull();
  });

  test('shows the recorded wait when the queue Redis is away or silent', async () => {
    const isAway = () => Promise.reject(new Error('away'));
    expect((await waitingFor({ isQueued: isAway }))!.detail).toMatch(/^waiting for upkeep/);
    const isSilent = () => new Promise<boolean>(() => undefined);
    expect((await waitingFor({ isQueued: isSilent }))!.detail).toMatch(/^waiting for upkeep/);
  });
});

test('a session that does not run, or does not wait, waits for nothing', async () => {
  expect(await waitingFor({ state: 'paused' })).toBeNull();
  expect(await waitingFor({ wait: null })).toBeNull();
});
