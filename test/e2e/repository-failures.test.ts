/**
 * What a session does when its repository is down, slow, wrong, or down for a while, for each `upkeep.onFailure`, with
 * and without a barrier. docs/repositories.md has the table of all 24 outcomes. `UPDATE_DOCUMENTS=1` writes it.
 * docs/ARCHITECTURE.md lists the invariants, such as I12.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobPrefix } from '@barkeep/service';
import { Redis } from 'ioredis';
import { Api, type Gap, type Session } from '../support/system/api.js';
import { marketBars, writeBars, type BarsBySymbol } from '../support/data/market.js';
import { type SystemProcess, TestSystem } from '../support/system/system.js';

const DOCUMENT = join(__dirname, '../../docs/repositories.md');
const TABLE_BEGINS = '<!-- outcomes -->';
const TABLE_ENDS = '<!-- end of outcomes -->';
const DATE = '2013-10-07';
const WHOLE = marketBars({ symbols: ['AAA', 'BBB'], start: DATE, end: DATE, seed: 7 });
/** Slots of a symbol. */
const SLOTS = 390;
/** Five-minute bars of a symbol. */
const FIVES = SLOTS / 5;
/** The slots that AAA lacks: all of two five-minute buckets, and one slot of three more. */
const HOLES = new Set([10, 11, 12, 13, 14, 100, 101, 102, 103, 104, 200, 210, 220]);
const HOLEY: BarsBySymbol = new Map([
  ['AAA', WHOLE.get('AAA')!.filter((_, slot) => !HOLES.has(slot))],
  ['BBB', WHOLE.get('BBB')!],
]);
/** Limit of a wait: time for several requests to a repository that does not answer in time. */
const WAIT_MS = 60_000;
/** The repositories of the table, and how the table describes them. */
const REPOSITORIES = {
  dead: 'always fails',
  slow: 'takes 30 s',
  seconds: 'times in seconds',
  back: 'recovers after a minute',
} as const;
const ON_FAILURE = ['wait', 'continue', 'fail'] as const;
const BARRIERS = ['day', 'none'] as const;

/** One session: a row of the table. */
interface Case {
  repository: keyof typeof REPOSITORIES;
  onFailure: (typeof ON_FAILURE)[number];
  barrier: (typeof BARRIERS)[number];
}
const CASES: Case[] = (Object.keys(REPOSITORIES) as Case['repository'][]).flatMap((repository) =>
  ON_FAILURE.flatMap((onFailure) => BARRIERS.map((barrier) => ({ repository, onFailure, barrier }))),
);
const idOf = ({ repository, onFailure, barrier }: Case) => `${repository}-${onFailure}-${barrier}`;

/**
 * The repositories as a user's module. `slow` answers after its time limit. `back` answers once the file `well` exists.
 * `good` and `stray` are not in the table: `stray` answers, but also throws outside of its requests.
 */
const MODULE = `
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const bars = JSON.parse(readFileSync(join(__dirname, 'bars.json'), 'utf8'));
const between = ({ symbol, start, end }) =>
  bars[symbol].filter(({ openTime }) => openTime >= start.getTime() && openTime < end.getTime());
exports.good = { getBars: async (query) => between(query) };
exports.dead = { getBars: async () => { throw new Error('403 forbidden'); } };
exports.slow = { getBars: async (query) => {
  await new Promise((resolve) => setTimeout(resolve, 30_000).unref());
  return between(query);
} };
exports.seconds = { getBars: async (query) => between(query).map((bar) => ({ ...bar, openTime: bar.openTime / 1000 })) };
exports.stray = { getBars: async (query) => {
  setTimeout(() => { throw new Error('thrown in a timer'); });
  void Promise.reject(new Error('not awaited'));
  return between(query);
} };
exports.back = { getBars: async (query) => {
  if (!existsSync(join(__dirname, 'well'))) throw new Error('maintenance');
  return between(query);
} };
`;

/** How one case ended. */
interface Outcome {
  session: Session;
  /** Number of five-minute bars of each symbol. */
  fives: { AAA: number; BBB: number };
  gapsOfAaa: Gap[];
}

let system: TestSystem;
let api: Api;
let redis: Redis;
let queueRedis: Redis;
let workers: SystemProcess[];
let folder: string;
/** By session id. The first test adds them. */
const outcomes = new Map<string, Outcome>();

beforeAll(async () => {
  redis = new Redis(process.env['SESSION_REDIS_URL']!);
  queueRedis = new Redis(process.env['REDIS_URL']!);
  folder = mkdtempSync(join(tmpdir(), 'barkeep-failures-'));
  writeFileSync(join(folder, 'repositories.cjs'), MODULE);
  writeFileSync(join(folder, 'bars.json'), JSON.stringify(Object.fromEntries(WHOLE)));
  system = await TestSystem.create({
    BARKEEP_BACKOFF_MS: '50',
    BARKEEP_BACKFILL_ATTEMPTS: '3',
    BARKEEP_REPOSITORY_TIMEOUT_SECONDS: '1',
    BARKEEP_BACKFILL_CONCURRENCY: String(CASES.length),
    BARKEEP_STREAM_CONCURRENCY: String(CASES.length),
    BARKEEP_REPOSITORIES: join(folder, 'repositories.cjs'),
  });
  await writeBars(system.databaseUrl, 'holey', HOLEY);
  api = new Api((await system.coordinator()).url);
  workers = await Promise.all([system.worker(), system.worker()]);
  // The sessions of all tests run at the same time, because they mostly wait.
  for (const each of CASES) await start(idOf(each), [each.repository], each);
  await start('never-failed', ['good'], { onFailure: 'continue', barrier: 'none' });
  await start('stray', ['stray'], { onFailure: 'wait', barrier: 'day' });
  await start('then-good', ['dead', 'good'], { onFailure: 'continue', barrier: 'day' });
  await start('both-fail', ['dead', 'slow'], { onFailure: 'continue', barrier: 'day' });
});
afterAll(async () => {
  await system?.close();
  redis.disconnect();
  queueRedis.disconnect();
  rmSync(folder, { recursive: true, force: true });
});

function start(id: string, backfill: string[], { onFailure, barrier }: Pick<Case, 'onFailure' | 'barrier'>) {
  return api.run({
    id,
    symbols: ['AAA', 'BBB'],
    start: DATE,
    end: DATE,
    source: { type: 'dataset', dataset: 'holey' },
    derivedIntervals: ['5m'],
    backfill,
    upkeep: { onFailure, barrier, maxRetries: 2, everySeconds: 1 },
  });
}

/** A key in the store of a session, which has one partition. */
const storeKey = (id: string, name: string) => `${system.sessionPrefix}:{${id}:0}:${name}`;

/** Waits until a session has completed with every bar of both symbols. */
const untilEveryBar = (id: string) =>
  api.until(id, ({ state, counts }) => state === 'completed' && counts.filled === 2 * SLOTS, WAIT_MS);

/** The state in which the session of a case stays while its repository fails, and the status of its gaps. */
function finalState({ repository, onFailure, barrier }: Case): { state: string; gapStatus: string } {
  // Answers with invalid bars are no failure: they settle the slots whatever `onFailure` is.
  if (repository === 'seconds' || onFailure === 'continue') return { state: 'completed', gapStatus: 'unfillable' };
  if (onFailure === 'fail') return { state: 'failed', gapStatus: 'missing' };
  return { state: barrier === 'day' ? 'waiting-upkeep' : 'completed', gapStatus: 'missing' };
}

/** Waits for the {@link finalState} of a case. */
async function finalOutcome(each: Case): Promise<Outcome> {
  const id = idOf(each);
  const final = finalState(each);
  await api.until(id, ({ state }) => state === final.state, WAIT_MS);
  const gaps = await api.eventually(
    () => api.gaps(id, 'AAA'),
    (found) => found.length > 0 && found.every((gap) => gap.lastError !== null && gap.status === final.gapStatus),
    WAIT_MS,
  );
  return outcomeNow(id, gaps);
}

async function outcomeNow(id: string, gapsOfAaa: Gap[]): Promise<Outcome> {
  const session = await api.session(id);
  // While the clock is at the open, no bar is visible.
  const hasLeftOpen = session.clock !== `${DATE}T13:30:00.000Z`;
  const countFives = async (symbol: string) => (await api.bars(id, symbol, 'interval=5m&last=1000')).length;
  // A job derives bars after the clock has passed. BBB has all its minutes, so the number of its bars is known.
  const fives = await api.eventually(
    async () => ({ AAA: await countFives('AAA'), BBB: await countFives('BBB') }),
    ({ BBB }) => BBB === (hasLeftOpen ? FIVES : 0),
  );
  return { session, fives, gapsOfAaa };
}

/** Calls upkeep on a session whose repository answers again, and waits until it has every bar. */
async function outcomeAfterUpkeep(id: string): Promise<Outcome> {
  await api.ok('POST', `/v1/sessions/${id}/upkeep`);
  await untilEveryBar(id);
  await api.eventually(
    () => api.bars(id, 'AAA', 'interval=5m&last=1000'),
    (bars) => bars.length === FIVES && bars.every(({ complete }) => complete),
  );
  return outcomeNow(id, await api.gaps(id, 'AAA'));
}

test('I12 each outcome is the one of the table in docs/repositories.md', async () => {
  await Promise.all(CASES.map(async (each) => outcomes.set(idOf(each), await finalOutcome(each))));
  // From now on repository `back` answers.
  writeFileSync(join(folder, 'well'), '');
  // With `fail` a session of `back` stays failed.
  const recovering = CASES.filter(({ repository, onFailure }) => repository === 'back' && onFailure !== 'fail');
  await Promise.all(recovering.map(async (each) => outcomes.set(idOf(each), await outcomeAfterUpkeep(idOf(each)))));
  const updated = withTable(readFileSync(DOCUMENT, 'utf8'), tableOf());
  if (process.env['UPDATE_DOCUMENTS'] === '1') writeFileSync(DOCUMENT, updated);
  expect(cellsOf(readFileSync(DOCUMENT, 'utf8'))).toEqual(cellsOf(updated));
}, 120_000);

test.each(BARRIERS)(
  'I1 I12 with `continue` and barrier %s, upkeep after the failure ends gives the digest of a session without failures',
  async (barrier) => {
    await untilEveryBar('never-failed');
    const expected = await api.digest('never-failed');
    const digest = () => api.digest(idOf({ repository: 'back', onFailure: 'continue', barrier }));
    await api.eventually(digest, (found) => found === expected);
  },
);

test('periodic detection ends when a worker has failed a session', async () => {
  const isScheduled = async (id: string) => {
    const schedulers = await queueRedis.zrange(`${jobPrefix(system.queuePrefix)}:detect-gaps:repeat`, 0, -1);
    return schedulers.includes(`upkeep.${await system.incarnationOf(id)}`);
  };
  expect(await isScheduled('dead-wait-day')).toBe(true);
  for (const barrier of BARRIERS)
    await api.eventually(
      () => isScheduled(`dead-fail-${barrier}`),
      (found) => !found,
    );
});

test('I12 a repository that throws outside of its requests ends no worker', async () => {
  await untilEveryBar('stray');
  expect(workers.map(({ child }) => child.exitCode)).toEqual([null, null]);
  const logs = () => workers.map(({ log }) => log).join('');
  await api.eventually(logs, (log) => log.includes('thrown in a timer') && log.includes('not awaited'));
});

test('I12 after a repository that fails, a session gets the bars of the next one', async () => {
  await untilEveryBar('then-good');
  expect(await api.gaps('then-good', 'AAA')).toEqual([]);
});

test('I12 the store has the errors of both repositories when both fail', async () => {
  const failing = () => redis.hgetall(storeKey('both-fail', 'repositories'));
  const both = await api.eventually(failing, (found) => Object.keys(found).length === 2, WAIT_MS);
  expect(both).toMatchObject({
    dead: expect.stringContaining('403 forbidden'),
    slow: expect.stringContaining('timeout'),
  });
});

test('the store has the error, start and next attempt of a failing repository until it recovers', async () => {
  const failure = JSON.parse((await redis.hget(storeKey('dead-wait-day', 'repositories'), 'dead'))!) as object;
  expect(failure).toEqual({
    error: '403 forbidden',
    since: expect.any(Number),
    nextTryAt: expect.any(Number),
    failures: expect.any(Number),
  });
  expect((failure as { failures: number }).failures).toBeGreaterThanOrEqual(3);
  expect(await redis.hlen(storeKey('back-wait-day', 'repositories'))).toBe(0);
});

test('the failure of a repository and its recovery are events', async () => {
  const repositoryEvents = async (id: string) => {
    const entries = await redis.xrange(storeKey(id, 'changes'), '-', '+');
    // The fields of an entry are `type`, its value, and more.
    return entries.map(([, fields]) => fields[1]).filter((type) => type?.startsWith('repository-'));
  };
  expect(await repositoryEvents('dead-wait-day')).toEqual(['repository-failed']);
  expect(await repositoryEvents('back-wait-day')).toEqual(['repository-failed', 'repository-recovered']);
});

/** The table of all outcomes, as Markdown. Numbers that vary are `n`. */
function tableOf(): string {
  const rows = CASES.map((each) => {
    const { session, fives, gapsOfAaa } = outcomes.get(idOf(each))!;
    const statuses = [...new Set(gapsOfAaa.map(({ status }) => status))].join(', ');
    const errors = [...new Set(gapsOfAaa.map(({ lastError }) => lastError))].join(', ');
    return [
      REPOSITORIES[each.repository],
      `\`${each.onFailure}\``,
      `\`${each.barrier}\``,
      session.state,
      String(fives.AAA),
      String(fives.BBB),
      statuses || 'none',
      // The status code 403 does not vary.
      errors.replace(/\d+/g, (digits) => (digits === '403' ? digits : 'n')) || '—',
    ];
  });
  const head = 'repository|`onFailure`|`barrier`|session|5m bars of AAA|of BBB|gaps of AAA|`lastError`'.split('|');
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The document with another table between the two marks. */
function withTable(document: string, table: string): string {
  const [before = '', rest = ''] = document.split(`${TABLE_BEGINS}\n`);
  const [, after = ''] = rest.split(TABLE_ENDS);
  return `${before}${TABLE_BEGINS}\n\n${table}\n\n${TABLE_ENDS}${after}`;
}

/** The cells of the document's table, without the padding that the formatter adds. */
function cellsOf(document: string): string[][] {
  const table = document.split(TABLE_BEGINS)[1]?.split(TABLE_ENDS)[0] ?? '';
  const lines = table.split('\n').filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line));
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}
