/** Calls of the API. They are not faults themselves, but in the middle of other faults they must still take effect (I13). */
import { setTimeout as delay } from 'node:timers/promises';
import { EXTRA_SYMBOL, KINDS } from '../kinds.js';
import { anyKind, type Fault } from './fault.js';

const STORM_CALLS = 10;
const isAlone: Fault['suits'] = ({ consumers, isFed }) => consumers === 0 && !isFed;

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
  { name: 'call-recreate', suits: isAlone, setsBack: true, run: ({ session }) => session.recreate() },
  {
    name: 'call-symbols',
    suits: isAlone,
    async run({ session, forMs }) {
      // It would still count removed days of a symbol that left, and so differ from the undisturbed session.
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
    isByName: true,
    async run({ session }) {
      const calls = ['pause', 'resume', 'resume'] as const;
      for (let i = 0; i < STORM_CALLS; i++) await Promise.all(calls.map((call) => session.steer(call)));
      await session.steer('resume');
    },
  },
  { name: 'call-upkeep', suits: anyKind, run: ({ session }) => session.steer('upkeep') },
];
