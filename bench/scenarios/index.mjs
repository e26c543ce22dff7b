/** All scenarios, in the order of the table. A new one is one file and one line here. */
import s1 from './s1-stream.mjs';
import s2 from './s2-whole-job.mjs';
import s3 from './s3-packed.mjs';
import s4 from './s4-minute-windows.mjs';
import s5 from './s5-gap-scan.mjs';
import s6 from './s6-aggregation.mjs';
import s7 from './s7-backfill.mjs';
import s8 from './s8-time-to-repair.mjs';
import s9 from './s9-upkeep-overhead.mjs';
import s10 from './s10-growth.mjs';
import s11 from './s11-import.mjs';
import console from './console.mjs';
import days from './days.mjs';
import firstPage from './first-page.mjs';
import lockstep from './lockstep.mjs';
import mirror from './mirror.mjs';
import prefetch from './prefetch.mjs';

/**
 * A scenario: `{ id, title, unit, rounds?, targets, prepare(bench) }`. Each has a file; s10-shared.mjs has some arms of S10.
 *
 * - `prepare` sets the scenario up and returns its arms, `{ value, limit?, baseline?, others? }`, and `close?`, which cleans up. `others`
 *   has additional arms, by name. The arms of a round run one after another, so that all of them meet the same load.
 * - An arm is an async function that does the work once and returns a sample `{ rate, unit?, cpu?, bytesPerBar?, ratioToLimit?, ... }`.
 *   `rate` is in the scenario's unit, unless the sample names its own. Where the unit is a time, less is better.
 * - `targets` are the figures that must be reached, each optional: `{ ratioToLimit, ratioToLimitMax, ratioToBaseline, bytesPerBarMax,
 *   valueMin, valueMax }`. `targets.others` has the same for additional arms, by name.
 */
export const scenarios = [s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11];

/** Scenarios that run only by name: others cover what they show, or their figures do not belong in the table. */
export const extras = [prefetch, mirror, lockstep, days, console, firstPage];
