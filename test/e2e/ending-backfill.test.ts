/**
 * A gap is found while a backfill job of its day is active, so no new job is added. When that job is just ending, it does
 * not request the gap. The gap must be found again soon.
 */
import { jobPrefix } from '@barkeep/service';
import { openQueues, producerConnection, UpkeepProducer, workerConnection } from '@barkeep/upkeep-queues';
import { Worker } from 'bullmq';
import { Api } from '../support/system/api.js';
import { DisturbedSystem } from '../support/system/disturbed-system.js';

const REDIS_URL = process.env['REDIS_URL']!;
/** No barrier, and periodic detection only after a day, so that neither starts the detection that the test expects. */
const UPKEEP = { barrier: 'none', maxRetries: 1, everySeconds: 86_400 };

let lab: DisturbedSystem;

beforeAll(async () => {
  lab = await DisturbedSystem.create();
});

afterAll(() => lab.close());

test('gaps that a job did not request before it ended are requested within seconds', async () => {
  const api = new Api((await lab.system.coordinator()).url);
  const prefix = jobPrefix(lab.system.queuePrefix);
  const redis = producerConnection(REDIS_URL);
  const queues = openQueues(redis, prefix);
  const producer = new UpkeepProducer(queues, { attempts: 1, backoffMs: 1 });
  const connection = workerConnection(REDIS_URL);
  // A worker whose job requests nothing. It is active from `onActive` until `release` is called.
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let onActive: () => void = () => undefined;
  const active = new Promise<void>((resolve) => (onActive = resolve));
  const run = async () => {
    onActive();
    await released;
  };
  const idleWorker = new Worker('backfill', run, { connection, prefix });
  try {
    const id = await api.run({ ...lab.spec('ending'), upkeep: UPKEEP });
    await api.completed(id);
    const session = { sessionId: id, incarnation: await lab.system.incarnationOf(id) };
    await producer.addBackfills([{ ...session, partition: 0, date: lab.day(0), force: false }]);
    await active;
    // Detections find the gaps of the first day while its job is active. Then every other job ends.
    await producer.add('detect-gaps', { ...session, force: false });
    await lab.system.worker();
    await api.eventually(
      () => Promise.all(Object.values(queues).map((queue) => queue.getJobCounts('wait', 'prioritized', 'active'))),
      (counts) => counts.flatMap(Object.values).reduce((sum, count) => sum + count) === 1,
    );
    release();
    await idleWorker.close();
    await api.settled(id);
  } finally {
    release();
    await idleWorker.close();
    connection.disconnect();
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
    redis.disconnect();
  }
});
