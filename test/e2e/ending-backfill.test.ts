/**
 * A gap that is found on a day while a backfill job of that day is active gets no job of its own, because the active job requests it. But a
 * job that is about to end does not. So the gap must be found again soon after the job has ended.
 */
import { jobPrefix } from '@barkeep/service';
import { openQueues, producerConnection, UpkeepProducer, workerConnection } from '@barkeep/upkeep-queues';
import { Worker } from 'bullmq';
import { latch } from '../support/setup/latch.js';
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
  // The idle worker's job requests nothing, and stays active until the test ends it.
  const [jobStart, jobEnd] = [latch(), latch()];
  const idleJob = async () => {
    jobStart.open();
    await jobEnd.opened;
  };
  const idleWorker = new Worker('backfill', idleJob, { connection, prefix });
  try {
    const id = await api.run({ ...lab.spec('ending'), upkeep: UPKEEP });
    await api.completed(id);
    const session = { sessionId: id, incarnation: await lab.system.incarnationOf(id) };
    await producer.addBackfills([{ ...session, partition: 0, date: lab.day(0), force: false }]);
    await jobStart.opened;

    // A real worker finds the gaps of the first day while the idle job is active, and does all other jobs.
    await producer.add('detect-gaps', { ...session, force: false });
    await lab.system.worker();
    const countJobs = async () => {
      const types = ['wait', 'prioritized', 'active'] as const;
      const counts = await Promise.all(Object.values(queues).map((queue) => queue.getJobCountByTypes(...types)));
      return counts.reduce((sum, count) => sum + count);
    };
    await api.eventually(countJobs, (count) => count === 1); // only the idle job is left

    jobEnd.open();
    await idleWorker.close();
    await api.settled(id);
  } finally {
    jobEnd.open();
    await idleWorker.close();
    connection.disconnect();
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
    redis.disconnect();
  }
});
