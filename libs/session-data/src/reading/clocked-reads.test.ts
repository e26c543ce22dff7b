/** I11 is an invariant of docs/ARCHITECTURE.md. */
import { parseSessionSpec } from '@barkeep/bars';
import { Redis } from 'ioredis';
import { SessionLayout } from '../layout/index.js';
import { ClockedReads } from './clocked-reads.js';

const source = { type: 'dataset', dataset: 'd' };
const spec = parseSessionSpec({ symbols: ['A'], start: '2013-10-07', end: '2013-10-08', source });
const identity = { id: 'session', incarnation: 'incarnation', keyPrefix: 'prefix' };
const layout = new SessionLayout({ ...identity, spec, historyDays: 0 });

/** Runs `readAt`. @param clocks the store's clock at each read @returns the clock of the replies, and the clocks that were guessed */
async function readAt(clocks: number[]) {
  const nextClock = clocks.values();
  const run = async () => {
    const clockReply = ['incarnation', String(nextClock.next().value), null];
    const symbolsReply = [null, null, null, 'incarnation'];
    return [clockReply, symbolsReply];
  };
  const reads = new ClockedReads(new Redis({ lazyConnect: true }), layout, undefined, run);
  const guesses: number[] = [];
  const [clock] = await reads.readAt((guess) => {
    guesses.push(guess);
    return []; // no commands
  });
  return { clock, guesses };
}

test('commands are made for a clock that the session had during the call', async () => {
  // The first guess is wrong: the clock is 1. The second guess is 1. The clock is 2 by then, but it was 1 during the call.
  expect(await readAt([1, 2])).toEqual({ clock: 1, guesses: [layout.start, 1] });
});

test('I11 when the clock goes back during a call, the replies belong to the clock that is returned', async () => {
  expect(await readAt([20, 10, 10])).toEqual({ clock: 10, guesses: [layout.start, 20, 10] });
});
