/**
 * While a backfill job of a day is active, a detection that finds a gap of that day adds no new job. If the job is just
 * ending, it does not request the gap. Then the gap must be found again soon.
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
  // A worker whose first job requests nothing, and ends when `endJob` is called.
  let endJob: () => void = () => undefined;
  const jobEnds = new Promise<void>((resolve) => (endJob = resolve));
  let onActive: () => void = () => undefined;
  const jobIsActive = new Promise<void>((resolve) => (onActive = resolve));
  const idle = async () => {
    onActive();
    await jobEnds;
  };
  const idleWorker = new Worker('backfill', idle, { connection, prefix });
  try {
    const id = await api.run({ ...lab.spec('ending'), upkeep: UPKEEP });
    await api.completed(id);
    const session = { sessionId: id, incarnation: await lab.system.incarnationOf(id) };
    await producer.addBackfills([{ ...session, partition: 0, date: lab.day(0), force: false }]);
    await jobIsActive;
    // A real worker finds the gaps of the first day while the idle job is active, and does all other jobs.
    await producer.add('detect-gaps', { ...session, force: false });
    await lab.system.worker();
    const jobCounts = () =>
      Promise.all(Object.values(queues).map((queue) => queue.getJobCountByTypes('wait', 'prioritized', 'active')));
    const onlyIdleJob = (counts: number[]) => counts.reduce((sum, count) => sum + count) === 1;
    await api.eventually(jobCounts, onlyIdleJob);
    endJob();
    await idleWorker.close();
    await api.settled(id);
  } finally {
    endJob();
    await idleWorker.close();
    connection.disconnect();
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
    redis.disconnect();
  }
});
