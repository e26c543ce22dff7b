/** Calls of the API. They are no faults themselves, but they must take effect even in the middle of other faults (invariant I13 of docs/ARCHITECTURE.md). */
import { setTimeout as delay } from 'node:timers/promises';
import { EXTRA_SYMBOL, KINDS } from '../kinds.js';
import { anyKind, type Fault } from './fault.js';

/** How often `call-storm` makes its calls. */
const STORM_ROUNDS = 10;
/** For sessions that no program follows or feeds. */
const hasNoPrograms: Fault['suits'] = ({ consumers, isFed }) => consumers === 0 && !isFed;

export const callFaults: readonly Fault[] = [
  {
    name: 'call-pause',
    suits: anyKind,
    async run({ session, forMs }) {
      await session.steer('pause');
      await delay(forMs);
      await session.steer('resume');
    },
  },
  {
    name: 'call-stop',
    suits: ({ consumers }) => consumers === 0,
    async run({ session, forMs }) {
      await session.steer('stop');
      await delay(forMs / 2);
      await session.steer('start');
    },
  },
  // Recreating the session removes its data, so the clock goes back.
  { name: 'call-recreate', suits: hasNoPrograms, setsBack: true, run: ({ session }) => session.recreate() },
  {
    name: 'call-symbols',
    suits: hasNoPrograms,
    async run({ session, forMs }) {
      // With retention, the counts of removed days keep the extra symbol, and the result would differ from that of the undisturbed session.
      if (session.kind === KINDS.retained) return;
      await session.addSymbol(EXTRA_SYMBOL);
      await delay(forMs / 2);
      await session.removeSymbol(EXTRA_SYMBOL);
    },
  },
  { name: 'call-feed-again', suits: ({ isFed }) => isFed, run: ({ session }) => session.feedAgain() },
  {
    name: 'call-storm',
    suits: anyKind,
    isByName: true, // only `--only` chooses it
    async run({ session }) {
      const calls = ['pause', 'resume', 'resume'] as const; // contradicting and repeated calls at once
      for (let i = 0; i < STORM_ROUNDS; i++) await Promise.all(calls.map((call) => session.steer(call)));
      await session.steer('resume');
    },
  },
  { name: 'call-upkeep', suits: anyKind, run: ({ session }) => session.steer('upkeep') },
];
