/** Tests that the session of a schedule calls only routes that the contract of the API has. */
import { problem, PROBLEM_JSON } from '@barkeep/api';
import { CONTRACT_STATUSES } from '../support/system/contract.js';
import { serveHttp } from '../support/system/http-server.js';
import type { Lab } from './lab/lab.js';
import { SessionUnderTest } from './session.js';

test('the calls of a session are routes of the API', async () => {
  const called = new Set<string>();
  // Refuses every call with a status that the session accepts, so that it does not repeat the call.
  const { url, server, close } = await serveHttp(({ method, url: path = '' }, response) => {
    called.add(`${method} ${path.replace('s1', '{id}').replace('AAA', '{symbol}')}`);
    const refusal = problem(method === 'DELETE' ? 'unknown-symbol' : 'wrong-state', 'refused');
    response.writeHead(refusal.status, { 'content-type': PROBLEM_JSON }).end(JSON.stringify(refusal));
  });
  try {
    const lab = { coordinators: [{ isLive: true, url }] } as unknown as Lab;
    const session = new SessionUnderTest(lab, 's1', 'day');
    for (const call of ['start', 'pause', 'resume', 'stop', 'upkeep'] as const) await session.steer(call);
    await session.addSymbol('AAA');
    await session.removeSymbol('AAA');
    await session.remove();
  } finally {
    server.closeAllConnections();
    await close();
  }
  // Five of steer(), two of symbols, and DELETE.
  expect(called.size).toBe(8);
  expect([...called].filter((route) => !(route in CONTRACT_STATUSES))).toEqual([]);
});
