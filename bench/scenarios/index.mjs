/** All scenarios, in the order of the table. A new one is one file and one line here. */
import first from './first.mjs';
import s1 from './s1-stream.mjs';
import s4 from './s4-minute-windows.mjs';
import s5 from './s5-gap-scan.mjs';
import s6 from './s6-aggregation.mjs';
import lockstep from './lockstep.mjs';
import mirror from './mirror.mjs';
import prefetch from './prefetch.mjs';

/**
 * A scenario: `{ id, title, unit, rounds?, targets, prepare(bench) }`.
 *
 * `prepare` builds what it needs and answers its arms, `{ value, limit?, baseline?, others?, close? }`: each an async function that
 * does the work once and answers a sample `{ rate, cpu?, bytesPerBar?, ... }`, `rate` in the scenario's unit. `others` are arms
 * that are shown beside, by name. The arms of a round run one after another, so that all of them see the same machine.
 * `targets` are what must be reached: `{ ratioToLimit, ratioToBaseline, bytesPerBarMax, valueMin }`, each
 * optional; `targets.others` has the same for arms shown beside, by name.
 */
export const scenarios = [first, s1, s4, s5, s6, prefetch, mirror, lockstep];
