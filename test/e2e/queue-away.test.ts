/**
 * What happens to a session while the queue Redis is away takes effect, and its work is done later (I5, I13).
 * docs/ARCHITECTURE.md lists the invariants, such as I13.
 */
import { marketBars } from '../support/data/market.js';
import { FeedRequests } from '../support/programs/feed-requests.js';
import type { Api } from '../support/system/api.js';
import { OwnServers, WHOLE_SPEC } from '../support/system/own-servers.js';

let servers: OwnServers;
let api: Api;
beforeAll(async () => {
  servers = await OwnServers.start();
  ({ api } = servers);
});
afterAll(() => servers?.close());

test('I5 I13 a late bar of a completed session is derived although the queue Redis was away when it came', async () => {
  const requests = new FeedRequests(api);
  const bars = marketBars({ start: WHOLE_SPEC.start, end: WHOLE_SPEC.start, symbols: ['AAA'], seed: 5 }).get('AAA')!;
  const worker = await servers.system.worker();
  const upkeep = { everySeconds: 3_600 };
  const fed = {
    symbols: ['AAA'],
    start: WHOLE_SPEC.start,
    end: WHOLE_SPEC.start,
    source: { type: 'feed' },
    derivedIntervals: ['5m'],
  };
  await api.run({ ...fed, id: 'late', upkeep });
  const late = bars[7]!; // in the second bar of five minutes
  await requests.feed(
    'late',
    'AAA',
    bars.filter((bar) => bar !== late),
  );
  await requests.end('late', 'AAA');
  await api.completed('late');
  await servers.queue.shutdown();
  expect(await requests.feed('late', 'AAA', [late])).toMatchObject({ accepted: 1, late: 1 });
  await servers.queue.start();
  const secondFive = async () => (await api.bars('late', 'AAA', 'interval=5m&last=1000'))[1];
  await api.eventually(secondFive, (bar) => bar?.sourceCount === 5);
  await worker.signal('SIGTERM');
});

test('I11 a session that waits for upkeep shows its clock while the queue Redis is away', async () => {
  await servers.runSlowly('shown', { upkeep: {} }); // no worker runs
  const { clock } = await api.until('shown', ({ waitingFor }) => waitingFor?.kind === 'worker');
  await servers.queue.shutdown();
  try {
    expect(await api.session('shown')).toMatchObject({ clock, waitingFor: { kind: 'worker' } });
  } finally {
    await servers.queue.start();
  }
  await api.ok('DELETE', '/v1/sessions/shown');
});

test('I13 symbols are removed and added while the queue Redis is away', async () => {
  await servers.runSlowly('members', { upkeep: {} });
  await servers.queue.shutdown();
  try {
    expect((await api.call('DELETE', '/v1/sessions/members/symbols/BBB')).status).toBe(204);
    expect((await api.session('members')).symbols).toEqual(['AAA']);
    await api.ok('POST', '/v1/sessions/members/symbols/BBB');
  } finally {
    await servers.queue.start();
  }
  await api.ok('DELETE', '/v1/sessions/members');
});
