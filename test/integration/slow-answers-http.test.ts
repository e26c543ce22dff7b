/** Calls that read all bars of a session have no deadline, and end when the caller disconnects. The deadline of the others is short here. */
import { randomUUID } from 'node:crypto';
import { loadConfig } from '@barkeep/service';
import { OpenSession } from '@barkeep/session-data';
import { Logger } from '@nestjs/common';
import { startCoordinator, type Coordinator } from '../../apps/coordinator/src/coordinator.js';
import { HALF_DAY_SPEC, halfDayMarket } from '../support/data/half-day.js';
import { writeBars } from '../support/data/market.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { untilTrue } from '../support/setup/until-true.js';
import { Api } from '../support/system/api.js';
import { inProcessEnvironment, removeAllKeys } from '../support/system/in-process.js';
import { tcpGate, type TcpGate } from '../support/system/tcp-gate.js';

const DEADLINE_MS = 1_500;
/** Delay of each request to the session Redis. A call makes at least two, one after another. */
const SLOW_MS = 1_000;

jest.mock('../../apps/coordinator/src/access/deadline.js', () => {
  const actual = jest.requireActual<object>('../../apps/coordinator/src/access/deadline.js');
  const { deadline } = actual as { deadline: (ms: number) => unknown };
  return { ...actual, deadline: () => deadline(DEADLINE_MS) };
});

const prefix = `slow-${randomUUID()}`;
let database: TestDatabase;
/** In front of the session Redis. */
let gate: TcpGate;
let coordinator: Coordinator;
let api: Api;

beforeAll(async () => {
  database = await createTestDatabase();
  await writeBars(database.url, 'whole', halfDayMarket());
  gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  const environment = { ...inProcessEnvironment(database.url, prefix), SESSION_REDIS_URL: gate.url };
  coordinator = await startCoordinator(loadConfig(environment));
  api = new Api(coordinator.url);
  for (const id of ['first', 'second']) {
    await api.run({ ...HALF_DAY_SPEC, id });
    await api.completed(id);
  }
});

afterAll(async () => {
  await coordinator?.stop.run();
  await removeAllKeys(prefix);
  await gate?.shut();
  await database?.drop();
});

it('digest, certificate and difference are answered after the deadline; another call is answered 503 at it', async () => {
  gate.slowDown(SLOW_MS);
  const answers = ['digest', 'certificate', 'difference?with=second', 'symbols/AAA/bars'].map(async (call) => {
    const { status } = await api.call('GET', `/v1/sessions/first/${call}`);
    return { call, status };
  });
  expect(await Promise.all(answers)).toEqual([
    { call: 'digest', status: 200 },
    { call: 'certificate', status: 200 },
    { call: 'difference?with=second', status: 200 },
    { call: 'symbols/AAA/bars', status: 503 },
  ]);
  gate.slowDown(0);
});

it('a digest ends when its caller disconnects, and nothing is logged as an error', async () => {
  const digest = jest.spyOn(OpenSession.prototype, 'digest');
  const logged = jest.spyOn(Logger.prototype, 'error');
  const leaving = new AbortController();
  gate.slowDown(SLOW_MS);
  const call = fetch(`${coordinator.url}/v1/sessions/first/digest`, { signal: leaving.signal });
  await untilTrue(() => digest.mock.calls.length > 0);
  leaving.abort();
  gate.slowDown(0);
  await expect(call).rejects.toThrow('aborted');
  await expect(digest.mock.results[0]!.value).rejects.toMatchObject({ name: 'AbortError' });
  await new Promise(setImmediate); // the error reaches the filter
  expect(logged).not.toHaveBeenCalled();
});
