/** Faults of the network between a process, or all of them, and one server. */
import { setTimeout as delay } from 'node:timers/promises';
import type { TcpGate } from '../../support/system/tcp-gate.js';
import { SERVERS, type ServerName } from '../lab/lab.js';
import { anyKind, type Fault, pickOf, type Scene } from './fault.js';

const CUT_MAX_BYTES = 200_000;
const DELAY_MIN_MS = 5;
const DELAY_MAX_MS = 155;
/** A frozen or slow network lasts this many times `forMs`: up to 8 s, so that it can exceed a timeout, such as 5 s to connect. */
const SLOW_TIMES = 2;

/** The gates to the server: those of all processes when `pick` is below one half, otherwise that of one process. */
function gatesOf({ lab, pick }: Scene, server: ServerName): TcpGate[] {
  const processes = [...lab.coordinators, ...lab.workers];
  // The upper half of `pick`, stretched to [0, 1), chooses the process.
  const chosen = pick < 0.5 ? processes : [pickOf(processes, 2 * pick - 1)];
  return chosen.map(({ gates }) => gates[server]);
}

async function each(gates: readonly TcpGate[], act: (gate: TcpGate) => Promise<void> | void): Promise<void> {
  await Promise.all(gates.map(async (gate) => act(gate)));
}

/** A fault that happens at gates. {@link networkFaults} has it once for each server. */
interface GateFault {
  name: string;
  run: (gates: readonly TcpGate[], scene: Scene) => Promise<void>;
}

const faults: readonly GateFault[] = [
  { name: 'reset', run: (gates) => each(gates, (gate) => gate.cut('reset')) },
  { name: 'close', run: (gates) => each(gates, (gate) => gate.cut('closed')) },
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
      await delay(SLOW_TIMES * forMs);
      await each(gates, (gate) => gate.thaw());
    },
  },
  { name: 'half-open', run: (gates) => each(gates, (gate) => gate.halfOpen()) },
  {
    name: 'delay',
    async run(gates, { forMs, pick }) {
      const delayMs = DELAY_MIN_MS + Math.round(pick * (DELAY_MAX_MS - DELAY_MIN_MS));
      await each(gates, (gate) => gate.slowDown(delayMs));
      await delay(SLOW_TIMES * forMs);
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
