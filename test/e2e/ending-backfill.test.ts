/** A gap that is found while a backfill job of its day is just ending is not taken by that job: it must be found again soon. */
import { jobPrefix } from '@barkeep/service';
import { openQueues, producerConnection, UpkeepProducer, workerConnection } from '@barkeep/upkeep-queues';
import { Worker } from 'bullmq';
import { Api } from '../support/system/api.js';
import { DisturbedSystem } from '../support/system/disturbed-system.js';

const REDIS_URL = process.env['REDIS_URL']!;
/** The stream waits for no repair and the periodic detection runs a day later, so neither asks for a detection. */
const UPKEEP = { barrier: 'none', maxRetries: 1, everySeconds: 86_400 };

let lab: DisturbedSystem;

beforeAll(async () => {
  lab = await DisturbedSystem.create();
});

afterAll(() => lab.close());

test('gaps of a job that ended without them are asked for within seconds', async () => {
  const api = new Api((await lab.system.coordinator()).url);
  const prefix = jobPrefix(lab.system.queuePrefix);
  const redis = producerConnection(REDIS_URL);
  const queues = openQueues(redis, prefix);
  const producer = new UpkeepProducer(queues, { attempts: 1, backoffMs: 1 });
  const connection = workerConnection(REDIS_URL);
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let take: () => void = () => undefined;
  const taken = new Promise<void>((resolve) => (take = resolve));
  const run = async () => (take(), held);
  const ending = new Worker('backfill', run, { connection, prefix });
  try {
    const id = await api.run({ ...lab.spec('ending'), upkeep: UPKEEP });
    await api.completed(id);
    const session = { sessionId: id, incarnation: await lab.system.incarnationOf(id) };
    await producer.addBackfills([{ ...session, partition: 0, date: lab.day(0), force: false }]);
    await taken;
    // Detections find the gaps of the first day while their job is active, and every other job ends.
    await producer.add('detect-gaps', { ...session, force: false });
    await lab.system.worker();
    await api.eventually(
      () => Promise.all(Object.values(queues).map((queue) => queue.getJobCounts('wait', 'prioritized', 'active'))),
      (counts) => counts.flatMap(Object.values).reduce((sum, count) => sum + count) === 1,
    );
    release();
    await ending.close();
    await api.settled(id);
  } finally {
    release();
    await ending.close();
    connection.disconnect();
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
    redis.disconnect();
  }
});
