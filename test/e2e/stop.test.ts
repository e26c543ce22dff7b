/**
 * A process that gets a signal ends in time with exit code 0, and other processes continue its sessions. A session that is
 * paused, stopped and started again ends with the bytes of an undisturbed one. I1 and I2 are invariants of docs/ARCHITECTURE.md.
 */
import { Api, type Session } from '../support/system/api.js';
import { DisturbedSystem } from '../support/system/disturbed-system.js';
import type { SystemProcess } from '../support/system/system.js';

const STOPPED_WITHIN_MS = 10_000;
const TAKEN_OVER_WITHIN_MS = 2_000;

let lab: DisturbedSystem;
let coordinator: SystemProcess;
let worker: SystemProcess;
let api: Api;
/** How an undisturbed session ends. */
let reference: { digest: string; counts: Session['counts'] };

beforeAll(async () => {
  lab = await DisturbedSystem.create();
  [coordinator, worker] = await Promise.all([lab.system.coordinator(), lab.system.worker()]);
  api = new Api(coordinator.url);
  reference = await lab.reference(api);
});

afterAll(() => lab.close());

/**
 * Starts a session and waits until its repair of day 4 has asked the repository, which holds the answers back from then on.
 */
async function inTheMiddle(id: string): Promise<Session> {
  const date = lab.day(4);
  await lab.repository.holdFrom(date);
  await api.run(lab.spec(id));
  await lab.repository.asked((ask) => ask.date === date);
  return api.until(id, ({ state }) => state === 'waiting-upkeep');
}

/** Lets the session end, and compares its digest and counts with the undisturbed ones. */
async function endsAsUndisturbed(id: string): Promise<void> {
  await lab.repository.open();
  const { counts } = await api.settled(id);
  expect(await api.digest(id)).toBe(reference.digest);
  expect(counts).toEqual(reference.counts);
}

/** Terminates a process, which must exit with 0. @returns how long it took to end, ms */
async function stop(process: SystemProcess): Promise<number> {
  const startedAt = Date.now();
  expect(await process.signal('SIGTERM')).toBe(0);
  return Date.now() - startedAt;
}

test('I1 SIGTERM ends coordinator and worker in time, and a later start continues from the stored session', async () => {
  const before = await inTheMiddle('terminated');
  const durationsMs = await Promise.all([stop(coordinator), stop(worker)]);
  expect(Math.max(...durationsMs)).toBeLessThan(STOPPED_WITHIN_MS);
  const keys = await lab.sessionKeys('terminated');

  coordinator = await lab.system.coordinator();
  api = new Api(coordinator.url);
  expect(await api.session('terminated')).toMatchObject({ clock: before.clock, watermark: before.watermark });
  expect((await lab.sessionKeys('terminated')).sort()).toEqual(keys.sort());
  await api.ok('POST', '/v1/sessions/terminated/start');
  worker = await lab.system.worker();
  await endsAsUndisturbed('terminated');
});

test('I1 another worker does the backfill that a stopped worker could not finish', async () => {
  await inTheMiddle('handed-back');
  const next = await lab.system.worker();
  expect(await stop(worker)).toBeLessThan(STOPPED_WITHIN_MS);
  worker = next;
  await lab.repository.asked(({ pid }) => pid === next.child.pid);
  await endsAsUndisturbed('handed-back');
});

test('I1 another coordinator continues at once when the owner is stopped', async () => {
  await inTheMiddle('handed-over');
  const { epoch } = await lab.streaming('handed-over', () => true); // of the present owner
  const next = await lab.system.coordinator();
  expect(await stop(coordinator)).toBeLessThan(STOPPED_WITHIN_MS);
  coordinator = next;
  api = new Api(next.url);
  const newOwner = await lab.streaming('handed-over', (now) => now.epoch > epoch, TAKEN_OVER_WITHIN_MS);
  expect(newOwner.pid).toBe(next.child.pid);
  await endsAsUndisturbed('handed-over');
});

test('a second signal ends a process at once', async () => {
  await inTheMiddle('twice');
  const startedAt = Date.now();
  const ended = worker.signal('SIGTERM');
  // The second signal is of another kind, because two equal signals may arrive as one.
  worker.child.kill('SIGINT');
  expect([130, 143]).toContain(await ended);
  // After one signal the worker would wait longer for its running job.
  expect(Date.now() - startedAt).toBeLessThan(3_000);
  worker = await lab.system.worker();
  await endsAsUndisturbed('twice');
});

test('I1 I2 after pause, resume, stop and start a session ends as an undisturbed one', async () => {
  const { clock } = await inTheMiddle('paused');
  const call = (action: string) => api.ok<Session>('POST', `/v1/sessions/paused/${action}`);
  expect((await call('pause')).state).toBe('paused');
  await lab.repository.open();
  // Upkeep continues up to the frontier; the clock stays.
  const paused = await api.until('paused', ({ watermark, frontier }) => watermark === frontier);
  expect(paused).toMatchObject({ state: 'paused', clock });

  await lab.repository.holdFrom(lab.day(8));
  expect((await call('resume')).state).toBe('running');
  await lab.repository.asked(({ date }) => date === lab.day(8));
  expect((await call('stop')).state).toBe('stopped');
  expect((await api.call('POST', '/v1/sessions/paused/resume')).status).toBe(409);
  await call('start');
  await call('pause');
  await call('start'); // resumes a paused session as well
  await endsAsUndisturbed('paused');
});
