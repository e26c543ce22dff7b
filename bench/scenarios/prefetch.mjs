/**
 * Changes from one trading day to the next, with and without reading ahead: the share of changes for which the rows of
 * the next day had been read by the close, and the time from the close until the first bars of the next day are stored.
 * The share comes from the figures of the sessions, the times come from their events.
 */
import { median, percentile99, percentage } from '../harness/rounds.mjs';
import { runSession } from '../harness/session.mjs';

const SPEC = { derivedIntervals: ['5m', '15m'], upkeep: { enabled: true, barrier: 'day' } };

export default {
  id: 'prefetch',
  title: 'day changes: 100 symbols × 60 days, pace max, a barrier each day; baseline: without prefetch',
  unit: 'bars/s',
  targets: {
    others: {
      'hit rate, %': { valueMin: 100 },
      'changes under 20 ms, %': { valueMin: 50 },
      'changes under 200 ms, %': { valueMin: 99 },
    },
  },
  async prepare(bench) {
    const market = await bench.market({ symbols: 100, days: 60 });
    /** By arm, the day changes of its last session. */
    const changes = {};
    /** An arm runs one session on a system of its own, which it stops: two on one database would take each other's sessions. */
    const arm = (name, env) => async () => {
      const system = await bench.system({ workers: 2, env });
      const check = async (session) => {
        changes[name] = await dayChanges(bench, system, session);
        bench.log(`  ${name}: ${textOf(changes[name])}`);
      };
      const sample = await runSession(bench, system, market, SPEC, { check });
      await bench.stopSystems();
      return sample;
    };
    /** An arm that runs nothing: of the day changes of the last session with prefetch, the share that `numberOf` counts. */
    const share = (numberOf) =>
      percentage(() => {
        const last = changes['with prefetch'];
        return numberOf(last) / last.count;
      });
    return {
      value: arm('with prefetch', {}),
      baseline: arm('without prefetch', { BARKEEP_PREFETCH_MB: '0' }),
      others: {
        'hit rate, %': share(({ hits }) => hits),
        'changes under 20 ms, %': share(({ waits }) => waits.filter((ms) => ms < 20).length),
        'changes under 200 ms, %': share(({ waits }) => waits.filter((ms) => ms < 200).length),
      },
    };
  },
};

/** The day changes of a session: `count` of them, `hits` read ahead, `waits` of each in ms, and `bytes` that were read ahead. */
async function dayChanges(bench, { coordinator }, { id }) {
  const { prefetch } = await coordinator.call('GET', `/v1/sessions/${id}?view=operator`);
  const { hits, misses, bytes } = prefetch;
  const entries = await bench.redis.xrange(`barkeep:{${id}:0}:events`, '-', '+');
  const opened = entries.map(([, list]) => fieldsOf(list)).filter(({ type }) => type === 'day-opened');
  // No day change comes before the first day, so its event is left out.
  const waits = opened.slice(1).map(({ waitedMs }) => Number(waitedMs));
  return { hits, count: hits + misses, waits, bytes };
}

/** The fields of an entry. @param list their names and values in turn */
function fieldsOf(list) {
  return Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]]] : [])));
}

function textOf({ hits, count, waits, bytes }) {
  const times = `day change median ${median(waits).toFixed(1)} ms, p99 ${percentile99(waits).toFixed(1)} ms`;
  return `${hits} of ${count} hits, ${times}, ${Math.round(bytes / 1e6)} MB early`;
}
