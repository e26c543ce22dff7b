/**
 * Crashes of each part of the system in the middle of a session, with two coordinators and two workers as separate
 * processes. In each case the session ends with the bytes of an undisturbed one (I1). The time limits follow from the
 * default settings.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { Api, type Session } from '../support/system/api.js';
import { DisturbedSystem, processOf } from '../support/system/disturbed-system.js';
import { mulberry32 } from '../support/data/market.js';
import type { SystemProcess } from '../support/system/system.js';

/** Time within which another coordinator or worker takes over the work of a dead process. */
const TAKE_OVER_MS = 10_000;
/** Time within which the job of a dead worker is done by another one. */
const JOB_DONE_MS = 15_000;
/** `maxRetries` with which upkeep of the last gaps still runs when the test loses the queues. */
const MANY_RETRIES = 6;
/** A disturbance happens at a random moment of this time after a coordinator has begun to stream the session. */
const MOMENT_MAX_MS = 500;

let lab: DisturbedSystem;
let coordinators: SystemProcess[];
let workers: SystemProcess[];
/** The results of an undisturbed session. */
let reference: { digest: string; counts: Session['counts'] };
const random = mulberry32(20131001);

beforeAll(async () => {
  lab = await DisturbedSystem.create();
  const { system } = lab;
  coordinators = await Promise.all([system.coordinator(), system.coordinator()]);
  workers = await Promise.all([system.worker(), system.worker()]);
  reference = await lab.reference(api());
});

afterAll(() => lab.close());

/** The API of the first coordinator, which must be running. */
function api(): Api {
  return new Api(coordinators[0]!.url);
}

/**
 * Starts a session and waits for a random moment of it. The session cannot end, because the repository holds back its
 * last day.
 */
async function atRandomMoment(id: string) {
  await lab.repository.holdFrom(lab.day(-1));
  await api().run(lab.spec(id));
  const streaming = await lab.streaming(id, ({ owner }) => owner !== '');
  await new Promise((resolve) => setTimeout(resolve, random() * MOMENT_MAX_MS));
  return { streaming, coordinator: processOf(coordinators, streaming.pid) };
}

/** Lets the session end, and compares its digest and counts with the undisturbed ones. */
async function endsAsUndisturbed(id: string): Promise<void> {
  await lab.repository.open();
  const { counts } = await api().settled(id);
  expect(await api().digest(id)).toBe(reference.digest);
  expect(counts).toEqual(reference.counts);
}

test.each(['killed-once', 'killed-again'])(
  'I1 another coordinator takes over when the owner is killed: %s',
  async (id) => {
    const { streaming, coordinator } = await atRandomMoment(id);
    await coordinator.signal('SIGKILL');
    coordinators = coordinators.filter((other) => other !== coordinator);
    const next = await lab.streaming(id, ({ epoch }) => epoch > streaming.epoch, TAKE_OVER_MS);
    expect(processOf(coordinators, next.pid).url).toBe(coordinators[0]!.url); // the only one that is left
    await endsAsUndisturbed(id);
    coordinators.push(await lab.system.coordinator());
  },
);

test('I3 a coordinator that continues after its lock has expired writes nothing', async () => {
  const { streaming, coordinator } = await atRandomMoment('zombie');
  await coordinator.signal('SIGSTOP');
  // The paused one comes last, so that api() uses the other.
  coordinators = [...coordinators.filter((other) => other !== coordinator), coordinator];
  const next = await lab.streaming('zombie', ({ epoch }) => epoch > streaming.epoch, TAKE_OVER_MS);
  expect(next.owner).not.toBe(streaming.owner);
  await coordinator.signal('SIGCONT');
  expect((await new Api(coordinator.url).session('zombie')).id).toBe('zombie'); // it answers again
  await endsAsUndisturbed('zombie');
  expect(await lab.streaming('zombie', () => true)).toEqual(next); // the owner has not changed again
});

test('I1 when a worker is killed in the middle of a backfill, another one does it', async () => {
  const date = lab.day(4);
  await lab.repository.holdFrom(date);
  await api().run(lab.spec('worker-killed'));
  const asked = await lab.repository.asked((ask) => ask.date === date);
  const worker = processOf(workers, asked.pid);
  await worker.signal('SIGKILL');
  const killedAt = Date.now();
  await lab.repository.open();
  await api().until('worker-killed', ({ watermark }) => watermark !== null && watermark > date, JOB_DONE_MS);
  expect(Date.now() - killedAt).toBeLessThan(JOB_DONE_MS);
  await endsAsUndisturbed('worker-killed');
  workers = [...workers.filter((other) => other !== worker), await lab.system.worker()];
});

test('I1 a session continues when all queues are lost', async () => {
  const date = lab.day(4);
  await lab.repository.holdFrom(date);
  await api().run(lab.spec('queues-lost'));
  await lab.repository.asked((ask) => ask.date === date);
  await lab.loseQueues();
  await endsAsUndisturbed('queues-lost');
});

test('upkeep of a completed session continues when all queues are lost', async () => {
  await lab.repository.open();
  await api().run(lab.spec('repairs-lost', MANY_RETRIES));
  expect((await api().completed('repairs-lost')).counts.absent).toBeGreaterThan(0);
  await lab.loseQueues();
  await endsAsUndisturbed('repairs-lost');
});

test('upkeep of a paused session continues when all queues are lost', async () => {
  await lab.repository.holdFrom(lab.day(2));
  await api().run(lab.spec('paused-queues-lost', MANY_RETRIES));
  await api().until('paused-queues-lost', ({ counts }) => counts.absent > 0);
  await api().ok('POST', '/v1/sessions/paused-queues-lost/pause');
  // The workers are killed first: a running job would add the next job to the emptied queues, as if nothing were lost.
  for (const worker of workers) await worker.signal('SIGKILL');
  await lab.loseQueues();
  workers = await Promise.all([lab.system.worker(), lab.system.worker()]);
  await api().until('paused-queues-lost', ({ counts }) => counts.absent === 0 && counts.unfillable > 0, JOB_DONE_MS);
  expect(await api().ok('POST', '/v1/sessions/paused-queues-lost/resume')).toMatchObject({ state: 'running' });
  await endsAsUndisturbed('paused-queues-lost');
});

test('I1 a running and a completed session whose store is lost are lost, and a start streams them again', async () => {
  const date = lab.day(4);
  await lab.repository.holdFrom(date);
  await api().run(lab.spec('store-lost'));
  await lab.repository.asked((ask) => ask.date === date);
  await lab.loseStore('store-lost');
  await api().until('store-lost', ({ state }) => state === 'lost');
  await api().ok('POST', '/v1/sessions/store-lost/start');
  await endsAsUndisturbed('store-lost');

  await lab.loseStore('store-lost');
  expect(await api().session('store-lost')).toMatchObject({ state: 'lost', clock: null });
  await api().ok('POST', '/v1/sessions/store-lost/start');
  await endsAsUndisturbed('store-lost');
});

test('I1 I6 a session continues from the content of a store that lost its newest writes', async () => {
  // The test copies the store while the repair of day 3 waits, and puts the copy back while the repair of the last day waits.
  const [savedDay, lostDay] = [lab.day(3), lab.day(-1)];
  await lab.repository.holdFrom(savedDay);
  await api().run(lab.spec('set-back'));
  await lab.repository.asked(({ date }) => date === savedDay);
  const restoreSavedStore = await lab.keepStore('set-back');
  await lab.repository.holdFrom(lostDay);
  await lab.repository.asked(({ date }) => date === lostDay);
  await restoreSavedStore();
  await endsAsUndisturbed('set-back');
});
