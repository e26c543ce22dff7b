/** The arms that streaming scenarios share: a session of the whole system, the COPY alone, and the plain way. */
import { copySql, drainCopy } from './copy-drain.mjs';
import { expectFilled, runSession } from './session.mjs';
import { zsetSession } from './zset-baseline.mjs';

const NO_UPKEEP = { upkeep: { enabled: false } };

/** Sessions without upkeep on one coordinator; `running` is an existing system: two systems would take each other's sessions. */
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
