/**
 * The arms that the streaming scenarios share: a session on the whole system (value), one COPY (limit), and a cursor
 * with sorted sets (baseline).
 */
import { copySql, drainCopy } from './copy-drain.mjs';
import { expectFilled, runSession } from './session.mjs';
import { zsetSession } from './zset-baseline.mjs';

const NO_UPKEEP = { upkeep: { enabled: false } };

/**
 * Runs sessions without upkeep on one coordinator. Pass an existing system as `running`: two systems on one database
 * would take each other's sessions.
 */
export async function streamingArms(bench, market, running) {
  const services = await bench.services();
  const system = running ?? (await bench.system());
  const { meter } = system;
  const check = (session) => expectFilled(session, market.bars);
  return {
    value: () => runSession(bench, { ...system, market, spec: NO_UPKEEP, check }),
    limit: async () => {
      meter.reset();
      const { seconds, cpu } = await drainCopy(services.databaseUrl, copySql(market), () => meter.seconds());
      return { rate: market.bars / seconds, cpu };
    },
    baseline: () => zsetSession(bench, services, market, meter),
    close: () => system.stop(),
  };
}
