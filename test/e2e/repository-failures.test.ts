/**
 * What else a session and its operator see of repositories that fail: bars of the next repository, errors, events, the end of retries.
 * repository-outcomes.test.ts has the outcome for every setting.
 * docs/ARCHITECTURE.md lists the invariants, such as I12.
 */
import { jobPrefix } from '@barkeep/service';
import { Redis } from 'ioredis';
import { FAILURE_WAIT_MS, FailingRepositories } from '../support/programs/failing-repositories.js';

const BARRIERS = ['day', 'none'] as const;

let lab: FailingRepositories;
let redis: Redis;
let queueRedis: Redis;

// The sessions of all tests run at the same time, because they mostly wait.
beforeAll(async () => {
  redis = new Redis(process.env['SESSION_REDIS_URL']!);
  queueRedis = new Redis(process.env['REDIS_URL']!);
  lab = await FailingRepositories.start(10);
  await lab.run('never-failed', ['good'], { onFailure: 'continue', barrier: 'none' });
  await lab.run('stray', ['stray'], { onFailure: 'wait', barrier: 'day' });
  await lab.run('then-good', ['dead', 'good'], { onFailure: 'continue', barrier: 'day' });
  await lab.run('both-fail', ['dead', 'slow'], { onFailure: 'continue', barrier: 'day' });
  await lab.run('dead-wait', ['dead'], { onFailure: 'wait', barrier: 'day' });
  await lab.run('back-wait', ['back'], { onFailure: 'wait', barrier: 'day' });
  for (const barrier of BARRIERS) {
    await lab.run(`dead-fail-${barrier}`, ['dead'], { onFailure: 'fail', barrier });
    await lab.run(`back-continue-${barrier}`, ['back'], { onFailure: 'continue', barrier });
  }
});
afterAll(async () => {
  await lab?.close();
  redis.disconnect();
  queueRedis.disconnect();
});

/** A key in the store of a session, which has one partition. */
const storeKey = (id: string, name: string) => `${lab.system.sessionPrefix}:{${id}:0}:${name}`;

/** The types of a session's events about repositories, in order. */
async function repositoryEvents(id: string): Promise<string[]> {
  const entries = await redis.xrange(storeKey(id, 'changes'), '-', '+');
  // The fields of an entry are `type`, its value, and more.
  return entries.map(([, fields]) => fields[1]!).filter((type) => type.startsWith('repository-'));
}

/** What the store has about a repository that fails; undefined when the repository does not fail. */
async function storedFailure(id: string, repository: string): Promise<{ failures: number } | undefined> {
  const stored = await redis.hget(storeKey(id, 'repositories'), repository);
  return stored === null ? undefined : (JSON.parse(stored) as { failures: number });
}

test('I12 after a repository that fails, a session gets the bars of the next one', async () => {
  await lab.untilEveryBar('then-good');
  expect(await lab.api.gaps('then-good', 'AAA')).toEqual([]);
});

test('I12 the store has the errors of both repositories when both fail', async () => {
  const failing = () => redis.hgetall(storeKey('both-fail', 'repositories'));
  const both = await lab.api.eventually(failing, (found) => Object.keys(found).length === 2, FAILURE_WAIT_MS);
  expect(both).toMatchObject({
    dead: expect.stringContaining('403 forbidden'),
    slow: expect.stringContaining('timeout'),
  });
});

test('I12 a repository that throws outside of its requests ends no worker', async () => {
  await lab.untilEveryBar('stray');
  expect(lab.workers.map(({ child }) => child.exitCode)).toEqual([null, null]);
  const logs = () => lab.workers.map(({ log }) => log).join('');
  await lab.api.eventually(logs, (log) => log.includes('thrown in a timer') && log.includes('not awaited'));
});

test('while a repository fails, the store has its error, its first failure and the next attempt; the failure is one event', async () => {
  const failure = await lab.api.eventually(
    () => storedFailure('dead-wait', 'dead'),
    (found) => found !== undefined && found.failures >= 3,
    FAILURE_WAIT_MS,
  );
  const anyNumber: unknown = expect.any(Number);
  expect(failure).toEqual({ error: '403 forbidden', since: anyNumber, nextTryAt: anyNumber, failures: anyNumber });
  expect(await repositoryEvents('dead-wait')).toEqual(['repository-failed']);
});

test('periodic detection ends when a worker has failed a session', async () => {
  const isScheduled = async (id: string) => {
    const schedulers = await queueRedis.zrange(`${jobPrefix(lab.system.queuePrefix)}:detect-gaps:repeat`, 0, -1);
    return schedulers.includes(`upkeep.${await lab.system.incarnationOf(id)}`);
  };
  // A detection that ran before the store was created has ended the schedule; the next round of a reconciler begins it again.
  await lab.api.eventually(() => isScheduled('dead-wait'), Boolean);
  for (const barrier of BARRIERS) {
    const id = `dead-fail-${barrier}`;
    await lab.api.until(id, ({ state }) => state === 'failed', FAILURE_WAIT_MS);
    await lab.api.eventually(
      () => isScheduled(id),
      (found) => !found,
    );
  }
});

describe('after a repository has failed and recovers', () => {
  const RECOVERING = ['back-wait', ...BARRIERS.map((barrier) => `back-continue-${barrier}`)];

  beforeAll(async () => {
    for (const id of RECOVERING) {
      const hasFailed = async () => (await storedFailure(id, 'back')) !== undefined;
      await lab.api.eventually(hasFailed, Boolean, FAILURE_WAIT_MS);
    }
    // With `continue` the failures settle the slots.
    for (const barrier of BARRIERS) await lab.api.settled(`back-continue-${barrier}`);
    lab.recover();
    for (const id of RECOVERING) await lab.api.ok('POST', `/v1/sessions/${id}/upkeep`);
    for (const id of RECOVERING) await lab.untilEveryBar(id);
  }, 2 * FAILURE_WAIT_MS);

  test.each(BARRIERS)(
    'I1 I12 with `continue` and barrier %s, upkeep gives the digest of a session without failures',
    async (barrier) => {
      await lab.untilEveryBar('never-failed');
      const expected = await lab.api.digest('never-failed');
      const digest = () => lab.api.digest(`back-continue-${barrier}`);
      await lab.api.eventually(digest, (found) => found === expected);
    },
  );

  test('the store does not have its failure any more, and its recovery is an event', async () => {
    const failure = () => storedFailure('back-wait', 'back');
    await lab.api.eventually(failure, (found) => found === undefined);
    expect(await repositoryEvents('back-wait')).toEqual(['repository-failed', 'repository-recovered']);
  });
});
