import { SessionWaiting } from './session-waiting.js';

const row = { state: 'waiting-upkeep', spec: { pace: { mode: 'max' } } } as never;
const session = { layout: { keysOf: () => ({ repositories: 'barkeep:{s:0}:repositories' }) } } as never;
const wait = { kind: 'upkeep', since: 1_000, until: null } as const;

/** @param failures the failures of repositories, by name @param silentMs for how long no worker has taken a job */
function waiting(failures: Record<string, object>, silentMs: number) {
  const fields = Object.fromEntries(Object.entries(failures).map(([name, failure]) => [name, JSON.stringify(failure)]));
  const hgetall = async (key: string) => (key === 'barkeep:{s:0}:repositories' ? fields : {});
  return new SessionWaiting({ hgetall } as never, async () => silentMs);
}

test('I12 a session that waits for upkeep names the repository that fails, its error and the next try', async () => {
  const failures = { b: { error: '403 forbidden', since: 2_000, nextTryAt: 9_000 } };
  expect(await waiting(failures, 0).of(row, session, wait, 0, [])).toEqual({
    kind: 'repository',
    what: ['b'],
    since: '1970-01-01T00:00:02.000Z',
    detail: 'waiting for repository b: 403 forbidden',
    nextTryAt: '1970-01-01T00:00:09.000Z',
  });
});

test('I12 a session that waits for several repositories names the error of each', async () => {
  const failures = {
    b: { error: '403 forbidden', since: 2_000, nextTryAt: 9_000 },
    a: { error: 'no such host', since: 3_000, nextTryAt: 8_000 },
  };
  expect(await waiting(failures, 0).of(row, session, wait, 0, [])).toMatchObject({
    what: ['b', 'a'],
    detail: 'waiting for repositories b: 403 forbidden; a: no such host',
    nextTryAt: '1970-01-01T00:00:08.000Z',
  });
});

test('I11 a session without failures names the absence of workers after a while, and before that only upkeep', async () => {
  const detail = async (silentMs: number) => (await waiting({}, silentMs).of(row, session, wait, 0, []))?.detail;
  expect(await detail(25_000)).toBe('no upkeep worker has taken a job for 25 s');
  expect(await detail(5_000)).toBe('waiting for upkeep to repair and derive the next window');
  expect(await detail(0)).toBe('waiting for upkeep to repair and derive the next window');
});

describe('a session in lockstep', () => {
  const historyEnd = 100;
  const pace = { mode: 'lockstep', consumers: 2 };
  const lockstep = { layout: { spec: { pace }, historyEnd } } as never;
  const consumer = { name: 'one', state: 'active', time: 500 } as never;
  const of = (clock: number, consumers: never[]) =>
    waiting({}, 0).of(row, lockstep, { ...wait, kind: 'consumers' }, clock, consumers);

  test('counts the consumers that joined while its clock is at the start', async () => {
    expect(await of(historyEnd, [consumer])).toMatchObject({ detail: 'waiting for consumers: 1 of 2 have joined' });
  });

  test('names the slowest consumer after that, also when fewer than expected are left', async () => {
    expect(await of(600, [consumer])).toMatchObject({
      what: ['one'],
      detail: 'waiting for consumer one, the slowest, at 1970-01-01T00:00:00.500Z',
    });
  });

  test('waits for nothing when all consumers are gone', async () => {
    expect(await of(600, [])).toBeNull();
  });
});

test('a session that does not run, or does not wait, waits for nothing', async () => {
  expect(await waiting({}, 0).of({ state: 'paused' } as never, session, wait, 0, [])).toBeNull();
  expect(await waiting({}, 0).of(row, session, null, 0, [])).toBeNull();
});
