/**
 * Growth: more symbols, more days, more sessions at once. The time a bar must stay what it is, the coordinator's memory too, and
 * sessions over the same days must share what was read.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { runSession } from '../harness/session.mjs';

const SYMBOLS = [50, 100, 200, 400, 800];
const DAYS = [5, 60];
/** Days of the sessions that differ in symbols, and of those that run at once. */
const SYMBOL_DAYS = 20;
const SESSIONS = [2, 4, 8];
const SPEC = { upkeep: { enabled: false } };
const WITHIN = { ratioToLimit: 0.75, ratioToLimitMax: 1.25 };

const wide = (symbols) => `${symbols} symbols × ${SYMBOL_DAYS} days`;
const long = (days) => `100 symbols × ${days} days`;
const many = (count) => `${count} sessions at once, cost of one more`;

export default {
  id: 'S10',
  title:
    'growth: value 800 symbols × 20 days; limit: 50 symbols × 20 days; beside them the sizes between, 5 and 60 days, and 2 to 8 sessions over the same days (cost of one more as a part of the first)',
  unit: 'bars/s',
  targets: {
    ...WITHIN,
    others: {
      ...Object.fromEntries(SYMBOLS.slice(1, -1).map((symbols) => [wide(symbols), WITHIN])),
      ...Object.fromEntries(DAYS.map((days) => [long(days), WITHIN])),
      ...Object.fromEntries(SESSIONS.map((count) => [many(count), { valueMax: 0.5 }])),
      'coordinator memory, largest / smallest': { valueMax: 1.25 },
    },
  },
  async prepare(bench) {
    const broad = await bench.market({ symbols: SYMBOLS.at(-1), days: SYMBOL_DAYS });
    const lasting = await bench.market({ symbols: 100, days: DAYS.at(-1) });
    const system = await bench.system();
    const { pid } = system.coordinator;
    const peaks = new Map();
    const arm = (name, market) => async () => {
      resetPeak(pid);
      const sample = await runSession(bench, { ...system, market, spec: SPEC });
      peaks.set(name, peakMb(pid));
      return sample;
    };
    const symbolsOf = (count) => ({ ...broad, symbols: broad.symbols.slice(0, count) });
    const daysOf = (count) => ({ ...lasting, end: lasting.grids[count - 1].date });
    const shared = daysOf(SYMBOL_DAYS);
    // Of one session alone, which the others are compared with in the same round.
    let first;
    const together = (count) => async () => {
      if (count === SESSIONS[0]) first = await runTogether(bench, system, shared, 1);
      const seconds = await runTogether(bench, system, shared, count);
      return { unit: 'of the first', rate: (seconds - first) / (count - 1) / first };
    };
    return {
      limit: arm('smallest', symbolsOf(SYMBOLS[0])),
      value: arm('largest', symbolsOf(SYMBOLS.at(-1))),
      others: {
        ...Object.fromEntries(SYMBOLS.slice(1, -1).map((count) => [wide(count), arm(wide(count), symbolsOf(count))])),
        ...Object.fromEntries(DAYS.map((count) => [long(count), arm(long(count), daysOf(count))])),
        ...Object.fromEntries(SESSIONS.map((count) => [many(count), together(count)])),
        'coordinator memory, largest / smallest': async () => ({
          unit: 'times',
          rate: Math.max(...peaks.values()) / Math.min(...peaks.values()),
        }),
      },
      close: () => system.stop(),
    };
  },
};

/** @returns seconds until all of them are completed */
async function runTogether(bench, system, market, count) {
  const runs = Array.from({ length: count }, () => runSession(bench, { ...system, market, spec: SPEC }));
  const samples = await Promise.all(runs);
  return Math.max(...samples.map(({ seconds }) => seconds));
}

function resetPeak(pid) {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Not Linux, or not ours: the peak is that of the whole run then.
  }
}

function peakMb(pid) {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}
