/** The demonstration: a session over two datasets with known faults, on servers, a coordinator and two workers that it starts itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { BarImporter } from '@barkeep/bar-repository';
import { CoordinatorClient, type SessionStatus } from '@barkeep/client';
import { startApps, startServices } from '@barkeep/local-system';
import { importBars, type ImportSummary, READ_DEFAULTS, SymbolNames } from '../import/index.js';
import { shortTime, watchToEnd, watchToSettled } from '../report/index.js';
import { type Context, type Database, openDatabase } from '../services/index.js';
import { CliError, formatCount, note, withProgress } from '../terminal/index.js';
import { type DemoResult, type DemoSymbol, derivedCounts, gapsInStream, importText } from './demo-report.js';
import {
  csvFile,
  csvRow,
  DEMO_CALENDAR,
  DEMO_END,
  DEMO_START,
  DEMO_SYMBOLS,
  demoMinutes,
  makeMarket,
} from './market.js';

const REFERENCE = 'reference';
const STREAM = 'stream';
const WORKERS = 2;
const DERIVED = ['5m', '15m'];
/** With this backoff, the 5 requests (`maxRetries`) for a bar that no dataset has take seconds instead of half a minute. */
const BACKOFF_MS = 50;
const UPKEEP_EVERY_MS = 200;
/** A limit that no request reaches: a symbol has 1,950 minutes. */
const ALL_BARS = '10000';

const SPEC = {
  id: 'demo',
  symbols: DEMO_SYMBOLS,
  calendar: DEMO_CALENDAR,
  start: DEMO_START,
  end: DEMO_END,
  derivedIntervals: DERIVED,
  source: { type: 'dataset', dataset: STREAM },
  backfill: [REFERENCE],
  // Every field of upkeep whose default an environment variable may change: the demonstration must not depend on the environment.
  upkeep: { enabled: true, barrier: 'day', retryMissingBars: true, maxRetries: 5, autoComputeDerived: true },
};

/** Writes the rows of both datasets to CSV files, and imports these. @returns one summary per dataset */
async function makeDatasets(database: Database, signal: AbortSignal): Promise<ImportSummary[]> {
  const { reference, streamRows } = makeMarket();
  const rowsByDataset = { [REFERENCE]: reference.map(csvRow), [STREAM]: streamRows };
  const folder = await mkdtemp(join(tmpdir(), 'barkeep-demo-'));
  try {
    const summaries: ImportSummary[] = [];
    for (const [dataset, rows] of Object.entries(rowsByDataset)) {
      const path = join(folder, `${dataset}.csv`);
      const text = csvFile(rows);
      await writeFile(path, text);
      const files = [{ path, bytes: Buffer.byteLength(text) }];
      const writer = await BarImporter.open(database, dataset);
      const read = { ...READ_DEFAULTS, format: 'csv', symbolNames: new SymbolNames() };
      const plan = { dataset, files, read, oneSymbol: false, showPath: basename, signal };
      summaries.push(await importBars(plan, writer, { onProgress: () => undefined }));
    }
    return summaries;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Imports the two datasets into the database that other commands use, and runs no session. @returns one summary per dataset */
export async function importDemoData(context: Context): Promise<ImportSummary[]> {
  return makeDatasets(await context.database(), context.life.signal);
}

/** Runs the demonstration. @param quiet prints no progress and no notes @throws CliError if the session does not complete */
export async function runDemo(context: Context, quiet: boolean): Promise<DemoResult> {
  const { life } = context;
  const startedAt = performance.now();
  const report = (line: string): void => (quiet ? undefined : note(line));
  const { client, url: coordinatorUrl, databaseUrl } = await startAll(context, report);
  const imports = await makeDatasets(await openDatabase(databaseUrl, life), life.signal);
  report(importText(imports));
  const { session, sessionSeconds, settledSeconds } = await runSession(client, life.signal, quiet);
  const symbols = await symbolResults(client, session);
  const digest = await client.digest(session.id);
  const totalSeconds = (performance.now() - startedAt) / 1000;
  return { imports, session, symbols, digest, sessionSeconds, settledSeconds, totalSeconds, coordinatorUrl };
}

/** Starts the servers, a coordinator and the workers. They stop with the command. */
async function startAll(context: Context, report: (line: string) => void) {
  const { life } = context;
  // The demonstration never uses the user's servers: drop their addresses.
  const { DATABASE_URL: _database, REDIS_URL: _redis, SESSION_REDIS_URL: _sessions, ...env } = process.env;
  const dataDir = context.dataFolder('demo');
  const services = await startServices({ dataDir, keep: false, env, log: note });
  life.onEnd(() => services.stop());
  life.signal.throwIfAborted();
  report(`PostgreSQL and Redis run, privately, in ${dataDir}`);
  const appEnv = { ...env, BARKEEP_BACKOFF_MS: String(BACKOFF_MS) };
  const logFolder = context.logFolder('demo');
  const wanted = { coordinators: 1, workers: WORKERS, port: 0, env: appEnv, logFolder, note };
  const apps = await startApps(services, wanted, life);
  const url = apps.urls[0]!;
  const pids = apps.processes.map(({ spec, pid }) => `${spec.name} is process ${pid}`);
  report(`${pids.join(', ')}\nconsole ${url}/, API docs ${url}/docs`);
  const client = new CoordinatorClient(url, context.apiKey, life.signal, 'operator');
  return { client, url, databaseUrl: services.databaseUrl };
}

/** Runs the session until every slot is settled. The seconds are wall time since its creation was requested. */
async function runSession(client: CoordinatorClient, signal: AbortSignal, quiet: boolean) {
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  return withProgress('session demo', quiet, async (progress) => {
    const onUpdate = ({ state, clock, counts, progress: done }: SessionStatus): void =>
      progress.update(
        done,
        `${state} ${shortTime(clock)}  ${formatCount(counts.filled)} bars, ${formatCount(counts.backfilled)} backfilled`,
        counts.filled,
      );
    const created = await client.create(SPEC);
    await client.lifecycle(created.id, 'start');
    const watched = { client, id: created.id, onUpdate, signal };
    const ended = await watchToEnd(watched);
    if (ended.state !== 'completed') {
      throw new CliError(`expected the session to complete, was ${ended.state}: ${ended.error ?? 'no reason given'}`);
    }
    const sessionSeconds = elapsed();
    const session = await watchToSettled(watched, UPKEEP_EVERY_MS);
    return { session, sessionSeconds, settledSeconds: elapsed() };
  });
}

async function symbolResults(client: CoordinatorClient, session: SessionStatus): Promise<DemoSymbol[]> {
  const metrics = await client.allMetrics(session);
  const expected = demoMinutes();
  return Promise.all(
    metrics.map(async (metric) => {
      const barsOf = (interval: string) => client.bars(session.id, metric.symbol, { interval, last: ALL_BARS });
      const derived: DemoSymbol['derived'] = {};
      for (const interval of DERIVED) derived[interval] = derivedCounts(await barsOf(interval));
      return { metrics: metric, gapsFound: gapsInStream(expected, await barsOf('1m')), derived };
    }),
  );
}
