/** Faults of processes: one is killed, terminated or frozen, or its clock jumps. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LabProcess } from '../lab/process.js';
import { anyKind, type Fault, pickOf, type Scene } from './fault.js';

const RESTART_MS = 500;
/** A frozen process stays so for this many times `forMs`. */
const FREEZE_TIMES = 2;
/** By how many seconds a clock jumps. */
const JUMPS_SECONDS = [-30, 30, 600];
const LONG_JUMPS_SECONDS = [-3_600, 3_600];
/** How many seconds the clocks of the processes are off, when they all differ. They stay so for this many times `forMs`. */
const APART_SECONDS = [-300, 120, 600, -60];
const APART_TIMES = 10;

/** Chooses the process that a fault acts on. */
type Choose = (scene: Scene) => Promise<LabProcess> | LabProcess;

/** The coordinator that streams the session; any one when there is none. */
const owner: Choose = async ({ lab, session, pick }) => (await session.owner()) ?? pickOf(lab.coordinators, pick);
const worker: Choose = ({ lab, pick }) => pickOf(lab.workers, pick);
const consumer: Choose = ({ session, pick }) => pickOf(session.consumers, pick);
/** The owner in half of the faults, a worker in the other half. */
const ownerOrWorker: Choose = (scene) => (scene.pick < 0.5 ? owner(scene) : worker(scene));

/** Another number in [0, 1) from the same `pick`, for a second choice. With a factor of 7 it hardly depends on the first choice. */
const secondPick = (pick: number): number => (pick * 7) % 1;

const hasConsumers: Fault['suits'] = ({ consumers }) => consumers > 0;

/** Ends a process by a signal and starts it again a moment later, as a supervisor does. */
function restart(name: string, signal: 'SIGKILL' | 'SIGTERM', choose: Choose, suits: Fault['suits'] = anyKind): Fault {
  return {
    name,
    suits,
    async run(scene) {
      const target = await choose(scene);
      await target.end(signal);
      await delay(RESTART_MS);
      await target.start();
    },
  };
}

/** Stops a process from running for a while. */
function freeze(name: string, choose: Choose, suits: Fault['suits'] = anyKind): Fault {
  return {
    name,
    suits,
    async run(scene) {
      const target = await choose(scene);
      const thaw = target.freeze();
      await delay(FREEZE_TIMES * scene.forMs);
      thaw();
    },
  };
}

export const processFaults: readonly Fault[] = [
  restart('coordinator-kill', 'SIGKILL', owner),
  restart('coordinator-term', 'SIGTERM', owner),
  freeze('coordinator-freeze', owner),
  restart('worker-kill', 'SIGKILL', worker),
  restart('worker-term', 'SIGTERM', worker),
  freeze('worker-freeze', worker),
  restart('consumer-kill', 'SIGKILL', consumer, hasConsumers),
  restart('consumer-term', 'SIGTERM', consumer, hasConsumers),
  freeze('consumer-freeze', consumer, hasConsumers),
  {
    name: 'clock-jump',
    suits: anyKind,
    async run(scene) {
      const { lab, pick, forMs } = scene;
      if (!lab.canJump) return;
      const target = await ownerOrWorker(scene);
      target.jump(pickOf(JUMPS_SECONDS, secondPick(pick)));
      await delay(forMs);
      target.jump(0);
    },
  },
  {
    name: 'clocks-apart',
    suits: anyKind,
    isByName: true,
    async run({ lab, forMs }) {
      if (!lab.canJump) return;
      lab.processes.forEach((process, i) => process.jump(APART_SECONDS[i % APART_SECONDS.length]!));
      await delay(APART_TIMES * forMs);
      for (const process of lab.processes) process.jump(0);
    },
  },
  {
    name: 'clock-off',
    suits: anyKind,
    isByName: true,
    async run(scene) {
      const { lab, pick, forMs } = scene;
      if (!lab.canJump) return;
      const target = await ownerOrWorker(scene);
      target.jump(pickOf(LONG_JUMPS_SECONDS, secondPick(pick)));
      await delay(forMs);
      // Killed before its clock is right again, so that jobs which it delayed by the wrong clock stay in the queues.
      await target.end('SIGKILL');
      target.jump(0);
      await target.start();
    },
  },
];
