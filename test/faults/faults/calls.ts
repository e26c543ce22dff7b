/** Calls of the API in the middle of other faults: they are no faults, but they must come to their end (I13). */
import { setTimeout as delay } from 'node:timers/promises';
import { EXTRA_SYMBOL } from '../kinds.js';
import { anyKind, type Fault } from './fault.js';

const STORM_CALLS = 10;
const isAlone: Fault['suits'] = ({ consumers, isFed }) => consumers === 0 && !isFed;

export const callFaults: readonly Fault[] = [
  {
    name: 'call-pause',
    suits: anyKind,
    async run({ session, forMs }) {
      await session.pause();
      await delay(forMs);
      await session.resume();
    },
  },
  {
    name: 'call-stop',
    suits: ({ consumers }) => consumers === 0,
    async run({ session, forMs }) {
      await session.stop();
      await delay(forMs / 2);
      await session.start();
    },
  },
  { name: 'call-recreate', suits: isAlone, setsBack: true, run: ({ session }) => session.recreate() },
  {
    name: 'call-symbols',
    suits: isAlone,
    async run({ session, forMs }) {
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
      for (let i = 0; i < STORM_CALLS; i++) await Promise.all([session.pause(), session.resume(), session.resume()]);
      await session.resume();
    },
  },
  { name: 'call-upkeep', suits: anyKind, run: ({ session }) => session.upkeep() },
];
