/** Faults of processes: killed, stopped in order, frozen, and with a clock that jumps. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LabProcess } from '../lab/process.js';
import { anyKind, type Fault, pickOf, type Scene } from './fault.js';

const RESTART_MS = 500;
const HOUR_SECONDS = 3_600;

type Choose = (scene: Scene) => Promise<LabProcess> | LabProcess;

const owner: Choose = async ({ lab, session, pick }) => (await session.owner()) ?? pickOf(lab.coordinators, pick);
const worker: Choose = ({ lab, pick }) => pickOf(lab.workers, pick);
const consumer: Choose = ({ session, pick }) => pickOf(session.consumers, pick);

/** Ends a process by a signal and starts it again a moment later, as a supervisor does. */
function ended(name: string, signal: 'SIGKILL' | 'SIGTERM', choose: Choose, suits: Fault['suits'] = anyKind): Fault {
  return {
    name,
    suits,
    async run(scene) {
      const process = await choose(scene);
      await process.end(signal);
      await delay(RESTART_MS);
      await process.start();
    },
  };
}

/** Stops a process from running for a while. */
function frozen(name: string, choose: Choose, suits: Fault['suits'] = anyKind): Fault {
  return {
    name,
    suits,
    async run(scene) {
      const process = await choose(scene);
      const thaw = process.freeze();
      await delay(2 * scene.forMs);
      thaw();
    },
  };
}

const hasConsumers: Fault['suits'] = ({ consumers }) => consumers > 0;

export const processFaults: readonly Fault[] = [
  ended('coordinator-kill', 'SIGKILL', owner),
  ended('coordinator-term', 'SIGTERM', owner),
  frozen('coordinator-freeze', owner),
  ended('worker-kill', 'SIGKILL', worker),
  ended('worker-term', 'SIGTERM', worker),
  frozen('worker-freeze', worker),
  ended('consumer-kill', 'SIGKILL', consumer, hasConsumers),
  ended('consumer-term', 'SIGTERM', consumer, hasConsumers),
  frozen('consumer-freeze', consumer, hasConsumers),
  {
    name: 'clock-jump',
    suits: anyKind,
    async run(scene) {
      const { lab, pick, forMs } = scene;
      if (!lab.canJump) return;
      const process = pick < 0.5 ? await owner(scene) : worker(scene);
      (await process).jump(pickOf([-30, 30, 600], (pick * 7) % 1));
      await delay(forMs);
      (await process).jump(0);
    },
  },
  {
    name: 'clock-off',
    suits: anyKind,
    isByName: true,
    // The jobs that it delays are left behind when it ends.
    async run(scene) {
      const { lab, pick, forMs } = scene;
      if (!lab.canJump) return;
      const process = await (pick < 0.5 ? owner(scene) : worker(scene));
      process.jump(pickOf([-HOUR_SECONDS, HOUR_SECONDS], (pick * 7) % 1));
      await delay(forMs);
      await process.end('SIGKILL');
      process.jump(0);
      await process.start();
    },
  },
];
