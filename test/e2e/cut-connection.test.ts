/**
 * A session does not fail when connections to the session Redis are cut in the middle of an answer.
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from '../support/system/api.js';
import { holey, marketBars, writeBars } from '../support/data/market.js';
import { TestSystem } from '../support/system/system.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

const DATES = { start: '2013-10-01', end: '2013-10-04' };
const SYMBOLS = ['AAA', 'BBB', 'CCC'];
const SPEC = {
  ...DATES,
  symbols: SYMBOLS,
  source: { type: 'dataset', dataset: 'holey' },
  backfill: ['market'],
  upkeep: { barrier: { minutes: 30 } },
};
/**
 * Each cut happens after this number of bytes of answers. The step is a prime, so that the cuts hit many positions in the
 * answers that the stream and upkeep get.
 */
const CUTS_AFTER_BYTES = Array.from({ length: 40 }, (_, i) => 1 + 61 * i);

let system: TestSystem;
let gate: TcpGate;

beforeAll(async () => {
  gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  system = await TestSystem.create({ SESSION_REDIS_URL: gate.url });
  const market = marketBars({ ...DATES, symbols: SYMBOLS, seed: 8 });
  await writeBars(system.databaseUrl, 'market', market);
  await writeBars(system.databaseUrl, 'holey', holey(market, 0.03, 9));
});

afterAll(async () => {
  await system?.close();
  await gate?.shut();
});

test('I1 I11 a session whose connections are cut 40 times ends with the digest of an undisturbed one', async () => {
  const api = new Api((await system.coordinator()).url);
  await system.worker();
  await api.run({ ...SPEC, id: 'undisturbed' });
  await api.settled('undisturbed');

  await api.run({ ...SPEC, id: 'cut' });
  for (const bytes of CUTS_AFTER_BYTES) {
    gate.cutAfter(bytes);
    // The wait lets the processes cause traffic that can be cut.
    await sleep(60);
    // An error answer has no state.
    const { body } = await api.call<{ state?: string }>('GET', '/v1/sessions/cut');
    expect(body.state).not.toBe('failed');
  }
  gate.cutAfter(Infinity);
  await api.settled('cut', 60_000);
  expect(await api.digest('cut')).toBe(await api.digest('undisturbed'));
});
