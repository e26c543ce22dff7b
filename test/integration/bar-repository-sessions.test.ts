/**
 * The sessions in PostgreSQL: creation, lists, claims and epochs, transitions of the state, removal, and deployments.
 * I3, I9, I13: invariants at the end of docs/ARCHITECTURE.md.
 */
import {
  createDataSource,
  CursorError,
  quarantine,
  SpecConflictError,
  UnknownSessionError,
  SessionRepository,
  SessionStateError,
} from '@barkeep/bar-repository';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { migratedDatabase } from '../support/setup/database.js';
import { tcpGate } from '../support/system/tcp-gate.js';
import { quarantineCounts } from '../support/data/datasets.js';

const spec = { symbols: ['SPY'], retentionHours: 24, pace: { mode: 'max' } };

const { url, dataSource } = migratedDatabase();
const sessions = new SessionRepository<Record<string, unknown>>(dataSource);

/** Creates a session and starts its first run. */
async function createRunning() {
  const { row } = await sessions.create({ id: randomUUID(), spec });
  return sessions.transition(row, ['created'], 'running', { incrementRun: true });
}

describe('creating', () => {
  test('a repeat with an equal spec gives the same session, another spec is a conflict', async () => {
    const first = await sessions.create({ id: 'mine', spec });
    expect(first).toMatchObject({
      created: true,
      row: { state: 'created', epoch: 0, run: 0, owner: null, checkpoint: null, spec },
    });
    const sameInOtherOrder = { pace: { mode: 'max' }, retentionHours: 24.0, symbols: ['SPY'] };
    const second = await sessions.create({ id: 'mine', spec: sameInOtherOrder });
    expect(second).toEqual({ created: false, row: first.row });
    await expect(sessions.create({ id: 'mine', spec: { ...spec, symbols: ['IBM'] } })).rejects.toThrow(
      SpecConflictError,
    );
  });

  test('of many simultaneous creations with one id, or with one idempotency key, a single one creates', async () => {
    const byId = await Promise.all(Array.from({ length: 20 }, () => sessions.create({ id: 'crowd', spec })));
    expect(byId.filter((result) => result.created)).toHaveLength(1);
    // Each call has another id, so that only the key is the same.
    const byKey = await Promise.all(
      Array.from({ length: 20 }, () => {
        const id = randomUUID();
        return sessions.create({ id, spec: { ...spec, id }, idempotencyKey: 'key' });
      }),
    );
    expect(byKey.filter((result) => result.created)).toHaveLength(1);
    expect(new Set(byKey.map((result) => result.row.id)).size).toBe(1);
  });

  test('an idempotency key that was used with another spec or another id is a conflict', async () => {
    await sessions.create({ id: 'keyed', spec, idempotencyKey: 'taken' });
    const other = { ...spec, symbols: ['IBM'] };
    await expect(sessions.create({ id: 'new', spec: other, idempotencyKey: 'taken' })).rejects.toThrow(
      'idempotencyKey',
    );
    // The session 'mine' exists: the first test of this group created it, without a key.
    await expect(sessions.create({ id: 'mine', spec, idempotencyKey: 'taken' })).rejects.toThrow(SpecConflictError);
    expect(await sessions.find('new')).toBeUndefined();
  });
});

test('a session that does not exist is not found, and cannot be changed, claimed or removed', async () => {
  expect(await sessions.find('nobody')).toBeUndefined();
  await expect(sessions.get('nobody')).rejects.toThrow(UnknownSessionError);
  const nobody = { id: 'nobody', incarnation: randomUUID() };
  await expect(sessions.transition(nobody, ['created'], 'running')).rejects.toThrow(UnknownSessionError);
  expect(await sessions.claim(nobody, 'me')).toBeUndefined();
  expect(await sessions.remove(nobody)).toBeUndefined();
});

test('pages of a list have each session once, newest first, and a cursor of other text is refused', async () => {
  for (let i = 0; i < 5; i++) await sessions.create({ id: `page-${i}`, spec });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await sessions.list({ limit: 2, cursor });
    seen.push(...page.rows.map((row) => row.id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  const all = await sessions.list({ limit: 1000 });
  expect(all.cursor).toBeUndefined();
  expect(seen).toEqual(all.rows.map((row) => row.id));
  const times = all.rows.map((row) => row.createdAt.getTime());
  expect(times).toEqual([...times].sort((a, b) => b - a));
  expect((await sessions.list({ state: 'lost', limit: 10 })).rows).toEqual([]);
  await expect(sessions.list({ limit: 1, cursor: 'nonsense' })).rejects.toThrow(CursorError);
});

test('I13 a server that gets a call late, after its caller has given it up, does not carry it out', async () => {
  const { row } = await sessions.create({ id: 'late', spec });
  const gate = await tcpGate(url, 5432);
  const name = 'given-up';
  const other = createDataSource(gate.url, { applicationName: name, silenceLimitMs: () => 1_000, poolSize: 2 });
  const late = new SessionRepository(await other.initialize());
  await Promise.all([other.query('SELECT pg_sleep(0.1)'), other.query('SELECT pg_sleep(0.1)')]);
  // Both connections of the pool are open now, so each call sends its first statement to the frozen gate. After 1 s of silence the client
  // gives the calls up and closes its connections. The server gets the statements only when the gate thaws.
  gate.freeze();
  const calls = [late.transition(row, ['created'], 'running'), late.create({ id: 'late-too', spec })];
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  gate.thaw();
  // When the late server has worked off what it got, it ends the connections that the client has closed.
  const backends = `SELECT FROM pg_stat_activity WHERE application_name = '${name}'`;
  while ((await dataSource.query<unknown[]>(backends)).length > 0) await delay(20);
  expect(await sessions.get('late')).toEqual(row);
  expect(await sessions.find('late-too')).toBeUndefined();
  await gate.shut();
  await other.destroy();
});

describe('I3 claims and epochs', () => {
  test('each of many simultaneous claims gets its own epoch', async () => {
    const row = await createRunning();
    const epochs = await Promise.all(Array.from({ length: 30 }, (_, i) => sessions.claim(row, `owner-${i}`)));
    expect([...epochs].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(await sessions.get(row.id)).toMatchObject({ epoch: 30, owner: `owner-${epochs.indexOf(30)}` });
  });

  test('only a session that is running or waits for upkeep can be claimed', async () => {
    const { row } = await sessions.create({ id: randomUUID(), spec });
    expect(await sessions.claim(row, 'me')).toBeUndefined();
    await sessions.transition(row, ['created'], 'running');
    expect(await sessions.claim(row, 'me')).toBe(1);
    await sessions.setStateIfEpoch(row, 1, 'waiting-upkeep');
    expect(await sessions.claim(row, 'me')).toBe(2);
    await sessions.transition(row, ['waiting-upkeep'], 'paused');
    expect(await sessions.claim(row, 'me')).toBeUndefined();
  });

  test('an owner with an older epoch changes nothing', async () => {
    const row = await createRunning();
    const oldEpoch = Number(await sessions.claim(row, 'earlier owner'));
    const epoch = Number(await sessions.claim(row, 'owner'));
    expect(await sessions.saveCheckpoint(row, epoch, { frontier: 20, clock: 10 })).toBe(true);
    expect(await sessions.saveCheckpoint(row, oldEpoch, { frontier: 5, clock: 5 })).toBe(false);
    expect(await sessions.setStateIfEpoch(row, oldEpoch, 'waiting-upkeep')).toBe(false);
    expect(await sessions.finish(row, oldEpoch, 'failed', 'late')).toBe(false);
    expect(await sessions.get(row.id)).toMatchObject({
      state: 'running',
      error: null,
      checkpoint: { frontier: 20, clock: 10 },
    });
    expect(await sessions.finish(row, epoch, 'completed')).toBe(true);
    expect(await sessions.finish(row, epoch, 'completed')).toBe(false);
    expect((await sessions.get(row.id)).completedAt).toBeInstanceOf(Date);
  });

  test('an owner of a deleted session changes nothing of a new session with the same id and epoch', async () => {
    const deleted = await createRunning();
    const { id } = deleted;
    const epoch = Number(await sessions.claim(deleted, 'late'));
    await sessions.remove(deleted);
    const { row: created } = await sessions.create({ id, spec });
    const row = await sessions.transition(created, ['created'], 'running');
    await expect(sessions.transition(deleted, ['running'], 'lost')).rejects.toThrow(UnknownSessionError);
    expect(await sessions.claim(deleted, 'late')).toBeUndefined();
    expect(await sessions.claim(row, 'me')).toBe(epoch);
    expect(await sessions.saveCheckpoint(deleted, epoch, { frontier: 5, clock: 5 })).toBe(false);
    expect(await sessions.setStateIfEpoch(deleted, epoch, 'waiting-upkeep')).toBe(false);
    expect(await sessions.finish(deleted, epoch, 'lost', 'late')).toBe(false);
    expect(await sessions.get(id)).toMatchObject({ state: 'running', owner: 'me', checkpoint: null, error: null });
  });
});

describe('transitions', () => {
  test('of two transitions from one state only one succeeds, and the error of the other names both states', async () => {
    const row = await createRunning();
    const results = await Promise.allSettled([
      sessions.transition(row, ['running'], 'paused'),
      sessions.transition(row, ['running'], 'stopped', { error: 'by hand' }),
    ]);
    const failure = results.find((result) => result.status === 'rejected');
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(failure?.reason).toBeInstanceOf(SessionStateError);
    expect(failure?.reason).toMatchObject({ expected: ['running'], actual: (await sessions.get(row.id)).state });
  });

  test('a stopped session has an end and an error, a new run has neither, and runs are counted', async () => {
    const row = await createRunning();
    const stopped = await sessions.transition(row, ['running'], 'stopped', { error: 'why' });
    expect(stopped).toMatchObject({ state: 'stopped', error: 'why', run: 1, completedAt: expect.any(Date) });
    const again = await sessions.transition(row, ['stopped'], 'running', { error: null, incrementRun: true });
    expect(again).toMatchObject({ state: 'running', error: null, run: 2, completedAt: null });
    const paused = await sessions.transition(row, ['running'], 'paused');
    expect(paused).toMatchObject({ error: null, run: 2 });
  });
});

/** Creates a session that has ended. */
async function createStopped(retentionHours: unknown): Promise<string> {
  const { row } = await sessions.create({ id: randomUUID(), spec: { ...spec, retentionHours } });
  await sessions.transition(row, ['created'], 'stopped');
  return row.id;
}

test('unfinished() finds running sessions and no stopped ones', async () => {
  const { id: running } = await createRunning();
  const stopped = await createStopped(24);
  const unfinished = (await sessions.unfinished()).map((row) => row.id);
  expect(unfinished).toContain(running);
  expect(unfinished).not.toContain(stopped);
});

test('expired() finds sessions past their retention', async () => {
  const [day, halfHour] = [await createStopped(24), await createStopped(0.5)];
  // Sessions that never expire: 0 says so, and the repository ignores a value that is no number.
  const [zero, text] = [await createStopped(0), await createStopped('x')];
  /** The expired sessions when all four ended `hours` ago. */
  const expiredAfter = async (hours: number): Promise<string[]> => {
    const ids = [day, halfHour, zero, text];
    const end = `UPDATE sessions SET completed_at = now() - $1 * interval '1 hour' WHERE id = ANY($2)`;
    await dataSource.query(end, [hours, ids]);
    return (await sessions.expired()).map((row) => row.id).sort();
  };
  expect(await expiredAfter(0.4)).toEqual([]);
  expect(await expiredAfter(0.6)).toEqual([halfHour]);
  expect(await expiredAfter(25)).toEqual([day, halfHour].sort());
  expect(await expiredAfter(100_000)).toEqual([day, halfHour].sort());
});

test('I9 a removed session leaves no quarantined bars, and its id can be used again', async () => {
  const first = (await sessions.create({ id: 'again', spec })).row;
  await quarantine(dataSource, first.incarnation, [{ dataset: 'd', symbol: 'S', reason: 'off-grid', time: 0 }]);
  expect(await sessions.remove(first)).toMatchObject({ id: 'again' });
  expect(await quarantineCounts(dataSource, first.incarnation)).toEqual(new Map());
  const second = await sessions.create({ id: 'again', spec: { symbols: ['IBM'] } });
  expect(second.created).toBe(true);
  expect(second.row.incarnation).not.toBe(first.incarnation);
  expect(await sessions.remove(first)).toBeUndefined();
  expect(await sessions.find('again')).toEqual(second.row);
});

/** A deployment is named by its session prefix (BARKEEP_SESSION_PREFIX), the second argument of a repository. */
describe('deployments that share a database', () => {
  test('each sees its own sessions and those of no deployment; no deployment sees all', async () => {
    const ours = new SessionRepository(dataSource, 'ours');
    const theirs = new SessionRepository(dataSource, 'theirs');
    const createIn = async (repository: SessionRepository): Promise<string> => {
      const { row } = await repository.create({ id: randomUUID(), spec });
      await sessions.transition(row, ['created'], 'running');
      return row.id;
    };
    // `sessions` has no deployment: it sees all sessions, and those that it creates belong to none.
    const [ourId, theirId, freeId] = [await createIn(ours), await createIn(theirs), await createIn(sessions)];
    /** Which of the three sessions a repository lists, and finds among the unfinished ones. */
    const seenBy = async (repository: SessionRepository) => {
      const listed = (await repository.list({ limit: 1_000 })).rows.map(({ id }) => id);
      const unfinished = (await repository.unfinished()).map(({ id }) => id);
      const ofTest = (ids: string[]) => [ourId, theirId, freeId].filter((id) => ids.includes(id));
      return { listed: ofTest(listed), unfinished: ofTest(unfinished) };
    };
    const both = (ids: string[]) => ({ listed: ids, unfinished: ids });
    expect(await seenBy(ours)).toEqual(both([ourId, freeId]));
    expect(await seenBy(theirs)).toEqual(both([theirId, freeId]));
    expect(await seenBy(sessions)).toEqual(both([ourId, theirId, freeId]));
  });

  test('one cannot find, change or remove the sessions of another, and cannot use their ids and keys', async () => {
    const [ours, theirs] = [new SessionRepository(dataSource, 'ours'), new SessionRepository(dataSource, 'theirs')];
    const [id, idempotencyKey] = [randomUUID(), randomUUID()];
    const { row } = await theirs.create({ id, spec, idempotencyKey });
    expect(await ours.find(id)).toBeUndefined();
    expect(await ours.findByKey(idempotencyKey)).toBeUndefined();
    await expect(ours.transition(row, ['created'], 'running')).rejects.toThrow(UnknownSessionError);
    // The error names the deployment that has the id or the key.
    for (const taken of [{ id }, { id: randomUUID(), idempotencyKey }])
      await expect(ours.create({ spec, ...taken })).rejects.toThrow('BARKEEP_SESSION_PREFIX=theirs');
    expect(await theirs.find(id)).toEqual(row);
    expect(await theirs.findByKey(idempotencyKey)).toEqual(row);
  });
});
