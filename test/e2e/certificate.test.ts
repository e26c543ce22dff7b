/**
 * Certificates prove that two runs had the same data. When they had not, the comparison names the first bar that differs.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { bitmapBytes, recordOffset } from '@barkeep/bars';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBarkeep } from '../support/programs/barkeep-command.js';
import { Api, type ApiBar, type Counts } from '../support/system/api.js';
import { DisturbedSystem, processOf } from '../support/system/disturbed-system.js';
import type { SystemProcess } from '../support/system/system.js';

/** The part of a certificate that the tests read. */
interface Certificate {
  /** `store`: computed from the stored bars; `kept`: the saved one, because the store is lost. */
  from: string;
  /** When it was saved; null before that. */
  storedAt: string | null;
  /** Dates of the days that differ from the saved certificate. */
  changedSince: string[];
  complete: boolean;
  digest: string;
  days: { date: string; open: string; digest: string; counts: Counts }[];
}
/** The part of the output of `barkeep compare --json` that the tests read. */
interface Compared {
  equal: boolean;
  equalDays: number;
  date: string | null;
  /** The first bar that differs, as sessions a and b have it. */
  bar: { symbol: string; interval: string; openTime: string; a: ApiBar | null; b: ApiBar | null } | null;
}

/** Every session of the lab has these numbers of trading days and symbols. */
const [DAYS, SYMBOLS] = [12, 6];
/** Slots of one symbol on a day. */
const SLOTS = 390;
const CENT = 0.01;
let lab: DisturbedSystem;
let coordinators: SystemProcess[];
let folder: string;
const api = () => new Api(coordinators[0]!.url);
const certificate = (id: string) => api().ok<Certificate>('GET', `/v1/sessions/${id}/certificate`);

const barkeep = (...args: string[]) =>
  runBarkeep([...args, '--coordinator', api().url], folder, lab.system.environment);

async function compared(a: string, b: string): Promise<{ code: number; found: Compared }> {
  const { code, stdout } = await barkeep('compare', a, b, '--json');
  return { code, found: JSON.parse(stdout) as Compared };
}

/** Adds `by` to the close of a stored bar, directly in Redis. */
async function changeClose(id: string, symbol: string, date: string, slot: number, by: number): Promise<void> {
  const key = `${lab.system.sessionPrefix}:{${id}:0}:chunk:1m:${symbol}:${date}`;
  // The close follows open, high and low; each takes eight bytes.
  const offset = recordOffset(SLOTS, slot) + 3 * 8;
  const close = await lab.sessionRedis.getrangeBuffer(key, offset, offset + 7);
  close.writeDoubleLE(close.readDoubleLE() + by);
  await lab.sessionRedis.setrange(key, offset, close);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-certificate-'));
  lab = await DisturbedSystem.create();
  coordinators = [await lab.system.coordinator()];
  await lab.system.worker();
  await runCalm();
  await runShaken();
});
afterAll(async () => {
  await lab.close();
  await rm(folder, { recursive: true });
});

/** Runs session `calm` without any disturbance. */
async function runCalm(): Promise<void> {
  await lab.repository.open();
  await api().run(lab.spec('calm'));
  await api().settled('calm');
}

/** Runs session `shaken`: its symbols are in another order, and its owner and a worker are killed on the sixth day. */
async function runShaken(): Promise<void> {
  const workers = await Promise.all([lab.system.worker(), lab.system.worker()]);
  coordinators.push(await lab.system.coordinator());
  // The repository holds back its answers for the sixth day, so the session waits there until `open`.
  await lab.repository.holdFrom(lab.day(5));
  const spec = lab.spec('shaken') as { symbols: string[] };
  await api().run({ ...spec, symbols: [...spec.symbols].reverse() });
  const { pid } = await lab.streaming('shaken', ({ owner }) => owner !== '');
  await lab.repository.asked(({ date }) => date === lab.day(5));
  const owner = processOf(coordinators, pid);
  coordinators = coordinators.filter((other) => other !== owner);
  await Promise.all([owner.signal('SIGKILL'), workers[0]!.signal('SIGKILL')]);
  await lab.repository.open();
  await api().settled('shaken');
}

test('I1 runs with other workers, a crash and another order of symbols have the same certificate', async () => {
  const [calm, shaken] = [await certificate('calm'), await certificate('shaken')];
  expect(shaken.days).toEqual(calm.days);
  expect(shaken.digest).toBe(calm.digest);
  expect(calm).toMatchObject({ from: 'store', complete: true });
  expect(calm.days.map(({ date }) => date)).toEqual(Array.from({ length: DAYS }, (_, day) => lab.day(day)));
  for (const { counts } of calm.days) {
    const { expected, filled, noTrade, unfillable, absent, missing } = counts;
    expect(filled + noTrade + unfillable + absent + missing).toBe(expected);
    expect(expected).toBe(SYMBOLS * SLOTS);
  }
  expect(await compared('calm', 'shaken')).toMatchObject({ code: 0, found: { equal: true, equalDays: DAYS } });
});

test('the finished days of a running session are certified', async () => {
  await lab.repository.holdFrom(lab.day(3));
  await api().run(lab.spec('running'));
  await api().until('running', ({ clock }) => clock !== null && clock.slice(0, 10) === lab.day(2));
  const [running, calm] = [await certificate('running'), await certificate('calm')];
  expect(running).toMatchObject({ complete: false, storedAt: null });
  // Bars that no dataset has are absent at first and unfillable later. The certificate shows these counts, but the
  // chain does not include them.
  const digests = ({ days }: Certificate) => days.map(({ date, digest }) => ({ date, digest }));
  expect(digests(running)).toEqual(digests(calm).slice(0, running.days.length));
  expect(running.days.length).toBeGreaterThanOrEqual(2);
  await lab.repository.open();
  await api().settled('running');
});

test('the first bar that differs by a cent is named, and a change after the certificate was saved is shown', async () => {
  const date = lab.day(7); // seven days before it are equal
  // The changed bar of CCC is earlier than that of BBB.
  await changeClose('shaken', 'CCC', date, 100, CENT);
  await changeClose('shaken', 'BBB', date, 200, CENT);
  const { code, found } = await compared('calm', 'shaken');
  const openTime = `${date}T15:10:00.000Z`; // of slot 100
  expect(code).toBe(1);
  expect(found).toMatchObject({ equal: false, equalDays: 7, date, bar: { symbol: 'CCC', interval: '1m', openTime } });
  const { a, b } = found.bar!;
  expect(b).toEqual({ ...a, close: a!.close + CENT });
  const { stdout } = await barkeep('compare', 'calm', 'shaken');
  expect(stdout).toContain(`different: CCC 1m ${date}`);

  const changed = await certificate('shaken');
  expect(changed.storedAt).not.toBeNull();
  expect(changed.changedSince).toEqual([date]);
  await changeClose('shaken', 'BBB', date, 200, -CENT);
  await changeClose('shaken', 'CCC', date, 100, -CENT);
  expect(await compared('calm', 'shaken')).toMatchObject({ code: 0 });
});

test('a bar that only one of the two sessions has is named, without values of the other', async () => {
  const date = lab.day(1);
  const key = `${lab.system.sessionPrefix}:{shaken:0}:chunk:1m:DDD:${date}`;
  // A chunk begins with a bitmap of its bars. Clearing the first set bit removes the first bar.
  const slot = await lab.sessionRedis.bitpos(key, 1);
  expect(slot).toBeLessThan(bitmapBytes(SLOTS) * 8);
  await lab.sessionRedis.setbit(key, slot, 0);
  const { code, found } = await compared('calm', 'shaken');
  expect({ code, bar: found.bar }).toMatchObject({ code: 1, bar: { symbol: 'DDD', interval: '1m', b: null } });
  await lab.sessionRedis.setbit(key, slot, 1);
});

test('a certificate in a file can be compared, and is not overwritten by another one without --force', async () => {
  const file = join(folder, 'calm.json');
  const saved = await barkeep('certify', 'calm', '--out', file);
  expect(saved.code).toBe(0);
  const { digest } = JSON.parse(await readFile(file, 'utf8')) as Certificate;
  expect(saved.stdout).toContain(digest);
  expect((await barkeep('certify', 'calm', '--out', file)).code).toBe(0);
  expect(await compared(file, 'shaken')).toMatchObject({ code: 0, found: { equal: true } });

  await changeClose('shaken', 'AAA', lab.day(2), 0, CENT);
  expect((await barkeep('certify', 'shaken', '--out', file)).code).toBe(1);
  expect((JSON.parse(await readFile(file, 'utf8')) as Certificate).digest).toBe(digest);
  // A file has digests of days and no bars, so the comparison names only the day.
  expect(await compared(file, 'shaken')).toMatchObject({ code: 1, found: { date: lab.day(2), bar: null } });
  await changeClose('shaken', 'AAA', lab.day(2), 0, -CENT);
});

test('a comparison with a session or a file that does not exist has exit code 2', async () => {
  expect((await barkeep('compare', 'calm', 'nobody')).code).toBe(2);
  expect((await barkeep('compare', join(folder, 'none.json'), 'calm')).code).toBe(2);
});

test('the saved certificate of a session is shown when its store is lost', async () => {
  // The earlier test has completed session `running`.
  const before = await api().eventually(
    () => certificate('running'),
    ({ storedAt }) => storedAt !== null,
  );
  await lab.loseStore('running');
  expect(withoutRetries(await certificate('running'))).toEqual(withoutRetries({ ...before, from: 'kept' }));
});

/** A certificate without the counts that change until all retries are done: absent slots become unfillable. */
function withoutRetries(certified: Certificate): unknown {
  const days = certified.days.map((day) => ({ ...day, counts: { ...day.counts, absent: 0, unfillable: 0 } }));
  return { ...certified, days };
}
