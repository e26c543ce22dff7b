import { parseSessionSpec } from '@barkeep/bars';
import { Redis } from 'ioredis';
import { SessionLayout } from '../layout/index.js';
import { ClockedReads } from './clocked-reads.js';

const SPEC = { symbols: ['A'], start: '2013-10-07', end: '2013-10-08', source: { type: 'dataset', dataset: 'd' } };
const layout = new SessionLayout('s', 'incarnation', parseSessionSpec(SPEC), 'p', 0);

/** Reads of a store that has these clocks, one at each call. */
function readsOf(clocks: number[]): ClockedReads {
  const left = clocks.values();
  const run = async () => [
    ['incarnation', String(left.next().value), null],
    [null, null],
  ];
  return new ClockedReads(new Redis({ lazyConnect: true }), layout, undefined, run);
}

test('commands are made for a clock that the session had during the call', async () => {
  const seen: number[] = [];
  const [clock] = await readsOf([1, 2]).readAt((at) => (seen.push(at), []));
  expect([clock, seen]).toEqual([1, [layout.start, 1]]);
});

test('I11 when the clock goes back during a call, the replies belong to the clock that is returned', async () => {
  const seen: number[] = [];
  const [clock] = await readsOf([20, 10, 10]).readAt((at) => (seen.push(at), []));
  expect([clock, seen]).toEqual([10, [layout.start, 20, 10]]);
});
