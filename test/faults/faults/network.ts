/** Faults of the network between a process, or all of them, and one server. */
import { setTimeout as delay } from 'node:timers/promises';
import type { TcpGate } from '../../support/system/tcp-gate.js';
import { SERVERS, type ServerName } from '../lab/lab.js';
import { anyKind, type Fault, pickOf, type Scene } from './fault.js';

const CUT_MAX_BYTES = 200_000;
const DELAY_MAX_MS = 150;

/** The gates of one process, or of all: half of the faults cut only one process off. */
function gatesOf({ lab, pick }: Scene, server: ServerName): TcpGate[] {
  const processes = [...lab.coordinators, ...lab.workers];
  const chosen = pick < 0.5 ? processes : [pickOf(processes, 2 * pick - 1)];
  return chosen.map(({ gates }) => gates[server]);
}

const each = (gates: readonly TcpGate[], act: (gate: TcpGate) => Promise<void> | void): Promise<unknown> =>
  Promise.all(gates.map(async (gate) => act(gate)));

interface GateFault {
  name: string;
  run: (gates: readonly TcpGate[], scene: Scene) => Promise<void>;
}

const faults: readonly GateFault[] = [
  { name: 'reset', run: async (gates) => void (await each(gates, (gate) => gate.cut('reset'))) },
  { name: 'close', run: async (gates) => void (await each(gates, (gate) => gate.cut('closed'))) },
  {
    name: 'refuse',
    async run(gates, { forMs }) {
      await each(gates, (gate) => gate.shut());
      await delay(forMs);
      await each(gates, (gate) => gate.open());
    },
  },
  {
    name: 'black-hole',
    async run(gates, { forMs }) {
      await each(gates, (gate) => gate.freeze());
      await delay(2 * forMs);
      await each(gates, (gate) => gate.thaw());
    },
  },
  { name: 'half-open', run: async (gates) => void (await each(gates, (gate) => gate.halfOpen())) },
  {
    name: 'delay',
    async run(gates, { forMs, pick }) {
      await each(gates, (gate) => gate.slowDown(5 + Math.round(pick * DELAY_MAX_MS)));
      await delay(2 * forMs);
      await each(gates, (gate) => gate.slowDown(0));
    },
  },
  {
    name: 'cut-after',
    async run(gates, { pick, forMs }) {
      await each(gates, (gate) => gate.cutAfter(1 + Math.round(pick * CUT_MAX_BYTES)));
      await delay(forMs);
      await each(gates, (gate) => gate.cutAfter(Infinity));
    },
  },
];

export const networkFaults: readonly Fault[] = SERVERS.flatMap((server) =>
  faults.map(({ name, run }): Fault => ({
    name: `${server}-${name}`,
    suits: anyKind,
    run: (scene) => run(gatesOf(scene, server), scene),
  })),
);
