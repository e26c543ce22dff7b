/**
 * What a session does when its repository is down, slow, wrong, or down for a while, for each `upkeep.onFailure`, with
 * and without a barrier. docs/repositories.md has the table of all 24 outcomes; `UPDATE_DOCUMENTS=1` writes it.
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
const DATE = '2013-10-07';
const WHOLE = marketBars({ symbols: ['AAA', 'BBB'], start: DATE, end: DATE, seed: 7 });
/** Two whole five-minute buckets and three more minutes of AAA. */
const HOLES = new Set([10, 11, 12, 13, 14, 100, 101, 102, 103, 104, 200, 210, 220]);
const HOLEY: BarsBySymbol = new Map([
  ['AAA', WHOLE.get('AAA')!.filter((_, slot) => !HOLES.has(slot))],
  ['BBB', WHOLE.get('BBB')!],
]);
const REPOSITORIES = ['dead', 'slow', 'wrong', 'back'] as const;
const FAILURES = ['wait', 'continue', 'fail'] as const;
const BARRIERS = ['day', 'none'] as const;

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
exports.wrong = { getBars: async (query) => between(query).map((bar) => ({ ...bar, openTime: bar.openTime / 1000 })) };
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

interface Outcome {
  session: Session;
  bars: [number, number];
  gaps: Gap[];
}

let system: TestSystem;
let api: Api;
let redis: Redis;
let queueRedis: Redis;
let workers: SystemProcess[];
let folder: string;
const outcomes = new Map<string, Outcome>();
const cases = REPOSITORIES.flatMap((repository) =>
  FAILURES.flatMap((onFailure) => BARRIERS.map((barrier) => ({ repository, onFailure, barrier }))),
);
const nameOf = (repository: string, onFailure: string, barrier: string) => `${repository}-${onFailure}-${barrier}`;

const specOf = (id: string, repository: string, onFailure: string, barrier: string) => ({
  id,
  symbols: ['AAA', 'BBB'],
  start: DATE,
  end: DATE,
  source: { type: 'dataset', dataset: 'holey' },
  derivedIntervals: ['5m'],
  backfill: [repository],
  upkeep: { onFailure, barrier, maxRetries: 2, everySeconds: 1 },
});

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
    BARKEEP_BACKFILL_CONCURRENCY: '24',
    BARKEEP_STREAM_CONCURRENCY: '24',
    BARKEEP_REPOSITORIES: join(folder, 'repositories.cjs'),
  });
  await writeBars(system.databaseUrl, 'holey', HOLEY);
  const [coordinator, ...rest] = await Promise.all([system.coordinator(), system.worker(), system.worker()]);
  workers = rest;
  api = new Api(coordinator.url);
  for (const { repository, onFailure, barrier } of cases)
    await api.run(specOf(nameOf(repository, onFailure, barrier), repository, onFailure, barrier));
  await api.run(specOf('never-failed', 'good', 'continue', 'none'));
  await api.run(specOf('stray', 'stray', 'wait', 'day'));
  await api.run({ ...specOf('then-good', 'dead', 'continue', 'day'), backfill: ['dead', 'good'] });
  await api.run({ ...specOf('both-fail', 'dead', 'continue', 'day'), backfill: ['dead', 'slow'] });
}, 60_000);
afterAll(async () => {
  await system?.close();
  redis.disconnect();
  queueRedis.disconnect();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until a session has reached its final state and its gaps their final status. @returns a row of the table */
async function settle(repository: string, onFailure: string, barrier: string): Promise<Outcome> {
  const id = nameOf(repository, onFailure, barrier);
  const isWrong = repository === 'wrong';
  const state =
    isWrong || onFailure === 'continue'
      ? 'completed'
      : onFailure === 'fail'
        ? 'failed'
        : barrier === 'day'
          ? 'waiting-upkeep'
          : 'completed';
  await api.until(id, (session) => session.state === state, 60_000);
  const status = isWrong || onFailure === 'continue' ? 'unfillable' : 'missing';
  const gaps = await api.eventually(
    () => api.gaps(id, 'AAA'),
    (found) => found.length > 0 && found.every((gap) => gap.lastError !== null && gap.status === status),
    60_000,
  );
  return look(id, gaps);
}

async function look(id: string, gaps?: Gap[]): Promise<Outcome> {
  const count = async (symbol: string) => (await api.bars(id, symbol, 'interval=5m&last=1000')).length;
  const session = await api.session(id);
  const isShown = session.clock !== `${DATE}T13:30:00.000Z`;
  // A job derives bars after the clock has passed.
  const bars = await api.eventually(
    async (): Promise<[number, number]> => [await count('AAA'), await count('BBB')],
    ([, whole]) => whole === (isShown ? 78 : 0),
  );
  return { session, bars, gaps: gaps ?? (await api.gaps(id, 'AAA')) };
}

test('I12 each outcome is the one of the table in docs/repositories.md', async () => {
  await Promise.all(
    cases.map(async ({ repository, onFailure, barrier }) =>
      outcomes.set(nameOf(repository, onFailure, barrier), await settle(repository, onFailure, barrier)),
    ),
  );
  writeFileSync(join(folder, 'well'), '');
  const back = cases.filter(({ repository }) => repository === 'back');
  await Promise.all(
    back.map(async ({ repository, onFailure, barrier }) => {
      const id = nameOf(repository, onFailure, barrier);
      if (onFailure === 'fail') return;
      await api.ok('POST', `/v1/sessions/${id}/upkeep`);
      await api.until(id, ({ state, counts }) => state === 'completed' && counts.filled === 780, 60_000);
      await api.eventually(
        () => api.bars(id, 'AAA', 'interval=5m&last=1000'),
        (bars) => bars.length === 78 && bars.every(({ complete }) => complete),
      );
      outcomes.set(id, await look(id));
    }),
  );
  const table = tableOf();
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before = '', rest = ''] = text.split('<!-- outcomes -->\n');
  const [, after = ''] = rest.split('<!-- end of outcomes -->');
  const updated = `${before}<!-- outcomes -->\n\n${table}\n\n<!-- end of outcomes -->${after}`;
  if (process.env['UPDATE_DOCUMENTS'] === '1') writeFileSync(DOCUMENT, updated);
  expect(cellsOf(readFileSync(DOCUMENT, 'utf8'))).toEqual(cellsOf(updated));
}, 120_000);

test.each(BARRIERS)(
  'I1 I12 after the repository is well and upkeep was called, `continue` (barrier %s) has the digest of a session that never failed',
  async (barrier) => {
    await api.until('never-failed', ({ state, counts }) => state === 'completed' && counts.filled === 780, 60_000);
    const good = await api.eventually(
      () => api.digest('never-failed'),
      () => true,
    );
    const digest = () => api.digest(nameOf('back', 'continue', barrier));
    expect(await api.eventually(digest, (found) => found === good)).toBe(good);
  },
  60_000,
);

test('gaps of a session that a worker failed are no longer looked for', async () => {
  const repeated = `${jobPrefix(system.queuePrefix)}:detect-gaps:repeat`;
  const isScheduled = async (id: string) => {
    const member = `upkeep.${await system.incarnationOf(id)}`;
    return (await queueRedis.zrange(repeated, 0, -1)).includes(member);
  };
  expect(await isScheduled('dead-wait-day')).toBe(true);
  for (const barrier of BARRIERS)
    await api.eventually(
      () => isScheduled(`dead-fail-${barrier}`),
      (found) => !found,
    );
});

test('I12 a repository that throws outside of its requests ends no worker', async () => {
  await api.until('stray', ({ state, counts }) => state === 'completed' && counts.filled === 780, 60_000);
  expect(workers.map(({ child }) => child.exitCode)).toEqual([null, null]);
  const logs = () => Promise.resolve(workers.map(({ log }) => log).join(''));
  await api.eventually(logs, (log) => log.includes('thrown in a timer') && log.includes('not awaited'));
}, 60_000);

test('I12 a session that gives a repository up gets the bars of the next one', async () => {
  await api.until('then-good', ({ state, counts }) => state === 'completed' && counts.filled === 780, 60_000);
  expect(await api.gaps('then-good', 'AAA')).toEqual([]);
});

test('I12 a repository that fails does not hide that the next one fails too', async () => {
  const failing = () => redis.hgetall(`${system.sessionPrefix}:{both-fail:0}:repositories`);
  const both = await api.eventually(failing, (fields) => Object.keys(fields).length === 2, 60_000);
  expect(both).toMatchObject({
    dead: expect.stringContaining('403 forbidden'),
    slow: expect.stringContaining('timeout'),
  });
});

test('a failing repository is in the session store with its error, since when, and the next attempt, and in the events', async () => {
  const base = `${system.sessionPrefix}:{dead-wait-day:0}`;
  const failure = JSON.parse((await redis.hget(`${base}:repositories`, 'dead'))!) as Record<string, unknown>;
  expect(failure).toEqual({
    error: '403 forbidden',
    since: expect.any(Number),
    nextTryAt: expect.any(Number),
    failures: expect.any(Number),
  });
  expect(failure['failures']).toBeGreaterThanOrEqual(3);
  const types = async (id: string) => {
    const entries = await redis.xrange(`${system.sessionPrefix}:{${id}:0}:changes`, '-', '+');
    return entries.map(([, fields]) => fields[1]).filter((type) => type?.startsWith('repository-'));
  };
  expect(await types('dead-wait-day')).toEqual(['repository-failed']);
  expect(await types('back-wait-day')).toEqual(['repository-failed', 'repository-recovered']);
  expect(await redis.hlen(`${system.sessionPrefix}:{back-wait-day:0}:repositories`)).toBe(0);
});

test('I7 bars whose times are seconds are refused by that name, counted once each, and quarantined', async () => {
  const id = nameOf('wrong', 'wait', 'day');
  const { refused } = await api.metrics(id, 'AAA');
  const [stored] = await system.query<{ bars: number }>(
    `SELECT count(*)::int AS bars FROM quarantined_bars q JOIN sessions s USING (incarnation)
     WHERE s.id = $1 AND q.reason = 'time-in-seconds' AND q.dataset = 'wrong'`,
    [id],
  );
  expect(refused).toEqual({ 'time-in-seconds': stored!.bars });
  expect((await api.session(id)).counts.refused).toBe(stored!.bars);
  expect(stored!.bars).toBeGreaterThanOrEqual(HOLES.size);
  for (const { lastError } of await api.gaps(id, 'AAA'))
    expect(lastError).toBe(`wrong answered ${stored!.bars} bars that were refused: time-in-seconds (${stored!.bars})`);
});

function tableOf(): string {
  const words = { dead: 'always fails', slow: 'takes 30 s', wrong: 'times in seconds', back: 'is well after a minute' };
  const rows = cases.map(({ repository, onFailure, barrier }) => {
    const { session, bars, gaps } = outcomes.get(nameOf(repository, onFailure, barrier))!;
    const status = [...new Set(gaps.map((gap) => gap.status))].join(', ') || 'none';
    const error = [...new Set(gaps.map(({ lastError }) => lastError))]
      .join(', ')
      .replace(/\d+/g, (digits) => (digits === '403' ? digits : 'n'));
    return [
      words[repository],
      `\`${onFailure}\``,
      `\`${barrier}\``,
      session.state,
      ...bars.map(String),
      status,
      error || '—',
    ];
  });
  const head = [
    'repository',
    '`onFailure`',
    '`barrier`',
    'session',
    '5m bars of AAA',
    'of BBB',
    'gaps of AAA',
    '`lastError`',
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The table's cells without the padding that the formatter adds. */
function cellsOf(text: string): string[][] {
  const table = text.split('<!-- outcomes -->')[1]?.split('<!-- end of outcomes -->')[0] ?? '';
  const lines = table.split('\n').filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line));
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}
