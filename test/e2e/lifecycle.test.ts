/**
 * DELETE removes all keys of a session at any moment of its life, and no key comes back (I9).
 * docs/ARCHITECTURE.md lists the invariants, such as I9.
 */
import { Api, type Session } from '../support/system/api.js';
import { DisturbedSystem } from '../support/system/disturbed-system.js';
import { mulberry32 } from '../support/data/market.js';

/** How many sessions are deleted soon after their start. */
const EARLY_DELETIONS = 12;
/** The latest moment of such a deletion, ms after the session's start. */
const DELETION_MAX_MS = 250;

let lab: DisturbedSystem;
let api: Api;
/** The results of an undisturbed session. */
let reference: { digest: string; counts: Session['counts'] };

beforeAll(async () => {
  lab = await DisturbedSystem.create();
  const [coordinator] = await Promise.all([lab.system.coordinator(), lab.system.worker()]);
  api = new Api(coordinator.url);
  reference = await lab.reference(api);
});

afterAll(() => lab.close());

/** Deletes a session. @returns the HTTP status */
const remove = async (id: string) => (await api.call('DELETE', `/v1/sessions/${id}`)).status;

/**
 * Runs another session from beginning to end. At its end, every job and message that existed at its start has been handled, so a late
 * write to a deleted session would have happened.
 */
async function runAnotherSession(id: string): Promise<void> {
  await lab.repository.open(); // it answers the requests that it holds
  await api.run(lab.spec(id));
  await api.settled(id);
  expect(await api.digest(id)).toBe(reference.digest);
}

test('I9 a session that is deleted in the middle of a backfill is unknown, and leaves no key or row', async () => {
  await lab.repository.holdFrom(lab.day(4));
  await api.run(lab.spec('deleted'));
  await lab.repository.asked(({ date }) => date === lab.day(4));
  expect(await lab.sessionKeys('deleted')).not.toEqual([]);
  expect(await remove('deleted')).toBe(204);
  expect(await lab.sessionKeys('deleted')).toEqual([]);
  expect((await api.call('GET', '/v1/sessions/deleted')).status).toBe(404);
  expect(await remove('deleted')).toBe(404);
  expect((await api.call('POST', '/v1/sessions/deleted/start')).status).toBe(404);

  await runAnotherSession('after-deleted');
  expect(await lab.sessionKeys('deleted')).toEqual([]);
  expect(await rowsOf('deleted')).toBe(0);
});

test('I1 I9 a session with the id of a deleted one is undisturbed by a backfill that still runs for the old one', async () => {
  await lab.repository.holdFrom(lab.day(2));
  await api.run(lab.spec('again'));
  await lab.repository.asked(({ date }) => date === lab.day(2));
  expect(await remove('again')).toBe(204);
  await api.run(lab.spec('again'));
  await lab.repository.open();
  expect((await api.settled('again')).counts).toEqual(reference.counts);
  expect(await api.digest('again')).toBe(reference.digest);
  expect(await remove('again')).toBe(204);
});

test('I9 a session may be deleted at any moment of its beginning', async () => {
  const random = mulberry32(9);
  const ids = Array.from({ length: EARLY_DELETIONS }, (_, i) => `moment-${i}`);
  for (const id of ids) {
    await api.run(lab.spec(id));
    // Squared, so that more of the deletions are early.
    await new Promise((resolve) => setTimeout(resolve, random() ** 2 * DELETION_MAX_MS));
    expect(await remove(id)).toBe(204);
  }
  await runAnotherSession('after-moments');
  for (const id of ids) expect(await lab.sessionKeys(id)).toEqual([]);
});

/** Number of rows in table `sessions` with this id. */
async function rowsOf(id: string): Promise<number> {
  return (await lab.system.query('SELECT 1 FROM sessions WHERE id = $1', [id])).length;
}
