/**
 * The session store is set back after the coordinator has read the clock's limit (the watermark) and before it moves the clock.
 * I2: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { SessionWriter, type Control } from '@barkeep/session-data';
import { loadConfig, type RunningService } from '@barkeep/service';
import { UpkeepProducer } from '@barkeep/upkeep-queues';
import { startCoordinator, type Coordinator } from '../../apps/coordinator/src/coordinator.js';
import { startWorker } from '../../apps/upkeep-worker/src/worker.js';
import type { ClockMove } from '../../libs/session-data/src/stream/writer.js';
import { Api } from '../support/system/api.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { marketBars, writeBars } from '../support/data/market.js';
import { StoreServer } from '../support/sessions/session-store.js';
import { inProcessEnvironment } from '../support/system/in-process.js';

const SPEC = {
  // More than one partition holds, so that the session has two.
  symbols: Array.from({ length: 130 }, (_, i) => `S${1_000 + i}`),
  start: '2013-10-07',
  end: '2013-10-07',
  source: { type: 'dataset', dataset: 'stream' },
  upkeep: { barrier: 'day' },
};

const server = new StoreServer();
let database: TestDatabase;
let environment: NodeJS.ProcessEnv;
let coordinator: Coordinator;
let worker: RunningService | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  environment = inProcessEnvironment(database.url, server.prefix);
  coordinator = await startCoordinator(loadConfig(environment));
  await writeBars(database.url, 'stream', marketBars({ ...SPEC, seed: 7 }));
});

afterAll(async () => {
  jest.restoreAllMocks();
  await worker?.stop.run();
  await coordinator?.stop.run();
  await server.close();
  await database?.drop();
});

/** The clock and the lowest watermark of a session, epoch ms. */
interface Times {
  clock: number;
  watermark: number;
}

/** Reads the times of a session in one transaction. */
async function readTimes(id: string): Promise<Times> {
  const { keys } = server.layout(SPEC, id);
  const read = server.redis.multi();
  for (const { meta } of keys) read.hmget(meta, 'clock', 'watermark');
  const partitions = (await read.exec())!.map(([, fields]) => (fields as string[]).map(Number));
  // Only the clock in the first partition moves.
  const clock = partitions[0]![0]!;
  return { clock, watermark: Math.min(...partitions.map(([, watermark]) => watermark!)) };
}

/**
 * The calls of the coordinator and the worker in order: `look` reads the clock's limit, `move` moves the clock, and every other
 * entry names a job that was added.
 */
const calls: string[] = [];

type MoveClock = (this: SessionWriter, to: number, move?: ClockMove) => Promise<Control>;

/** Records the calls of `moveClock`. Runs `beforeFirst` ahead of the first move of the clock, and `afterEach` after each. */
function recordMoves(hooks: { beforeFirst(): Promise<void>; afterEach(): Promise<void> }): void {
  const { moveClock } = SessionWriter.prototype as { moveClock: MoveClock };
  const recordedMoveClock: MoveClock = async function (to, move) {
    const isLook = to === move?.from; // a move to the clock's own time only reads the limit
    if (isLook) {
      calls.push('look');
      return moveClock.call(this, to, move);
    }
    const isFirst = !calls.includes('move');
    calls.push('move');
    if (isFirst) await hooks.beforeFirst();
    try {
      return await moveClock.call(this, to, move);
    } finally {
      await hooks.afterEach();
    }
  };
  jest.spyOn(SessionWriter.prototype, 'moveClock').mockImplementation(recordedMoveClock);
}

/** Records the jobs that are added. */
function recordJobs(): void {
  const { add } = UpkeepProducer.prototype as { add: (this: UpkeepProducer, ...call: unknown[]) => Promise<void> };
  jest.spyOn(UpkeepProducer.prototype, 'add').mockImplementation(function (this: UpkeepProducer, ...call) {
    calls.push(call[0]);
    return add.call(this, ...call);
  });
}

test('I2 the clock does not pass the watermark of a store that was set back just before the move', async () => {
  const api = new Api(coordinator.url);
  // Without a worker the watermark does not move: the session streams all bars, and its clock waits at the start.
  const id = await api.run({ ...SPEC, id: 'set-back' });
  const { end } = server.layout(SPEC, id);
  await api.until(id, ({ frontier }) => Date.parse(frontier ?? '') === end, 60_000);
  const restoreSnapshot = await server.snapshot(id);

  const timesAfterMoves: Times[] = [];
  recordMoves({ beforeFirst: restoreSnapshot, afterEach: async () => void timesAfterMoves.push(await readTimes(id)) });
  recordJobs();
  // The worker moves the watermark to the end. Just before the clock follows, the store goes back to the snapshot.
  worker = await startWorker(loadConfig(environment));
  await api.until(id, ({ state }) => state === 'completed', 120_000);

  for (const { clock, watermark } of timesAfterMoves) expect(clock).toBeLessThanOrEqual(watermark);
  // The stream begins again and requests the lost repairs at once, before it reads the clock's limit again.
  const callsAfterMove = calls.slice(calls.indexOf('move') + 1);
  expect(callsAfterMove.indexOf('detect-gaps')).toBeGreaterThanOrEqual(0);
  expect(callsAfterMove.indexOf('detect-gaps')).toBeLessThan(callsAfterMove.indexOf('look'));
});
