/**
 * The symbols of a running session change, and then one of the two servers that list them comes back with older data. The session ends
 * like one that had the final list from the start (I1, I11).
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import type { Barkeep } from '@barkeep/client';
import type { Api, Session } from '../support/system/api.js';
import { OwnServers, WHOLE_SPEC } from '../support/system/own-servers.js';

let servers: OwnServers;
let api: Api;
let barkeep: Barkeep;
beforeAll(async () => {
  servers = await OwnServers.start();
  ({ api } = servers);
  barkeep = servers.client();
});
afterAll(async () => {
  await barkeep?.close();
  await servers?.close();
});

/** Starts a session that waits for its first consumer. Its stream reads the store once a second meanwhile. */
async function waitingSession(id: string, symbols: readonly string[]): Promise<void> {
  await api.run({ ...WHOLE_SPEC, id, symbols, pace: { mode: 'lockstep', window: 60, consumers: 1 } });
  await api.until(id, ({ waitingFor }) => waitingFor?.kind === 'consumers');
}

/**
 * Waits until the store of a session has this version of its symbols; the first change makes version 1.
 * @throws when the session is lost
 */
async function storeHasVersion(id: string, version: string): Promise<void> {
  const look = async () => {
    const { state, error } = await api.ok<Session>('GET', `/v1/sessions/${id}`);
    if (state === 'lost') throw new Error(`session ${id} is lost: ${error}`);
    return servers.store.client.hget(`${servers.system.sessionPrefix}:{${id}:0}:meta`, 'version');
  };
  await api.eventually(look, (stored) => stored === version);
}

/** Follows the session to its end, and compares it with one that had these symbols from the start. */
async function expectEnd(id: string, symbols: readonly string[]): Promise<void> {
  for await (const _ of barkeep.session(id).follow({ consumer: 'one' }));
  await api.completed(id);
  expect((await api.session(id)).symbols).toEqual(symbols);
  const whole = await api.run({ ...WHOLE_SPEC, id: `${id}-whole`, symbols });
  await api.completed(whole);
  expect(await api.digest(id)).toBe(await api.digest(whole));
}

/** What happens to a symbol, the method that does it, the symbol, and all symbols before and after. */
const CHANGES = [
  ['added', 'POST', 'CCC', ['AAA', 'BBB'], ['AAA', 'BBB', 'CCC']],
  ['removed', 'DELETE', 'BBB', ['AAA', 'BBB'], ['AAA']],
] as const;
const change = (id: string, method: 'POST' | 'DELETE', symbol: string) =>
  api.ok(method, `/v1/sessions/${id}/symbols/${symbol}`);

test.each(CHANGES)(
  'I1 I11 a symbol that was %s stays so when the session Redis is set back to before that',
  async (what, method, symbol, before, after) => {
    const id = `store-${what}`;
    await waitingSession(id, before);
    const restore = await servers.store.snapshot();
    await change(id, method, symbol);
    await storeHasVersion(id, '1');
    // The stream runs with the new list.
    await api.until(id, ({ waitingFor }) => waitingFor?.kind === 'consumers');
    await restore();
    await storeHasVersion(id, '1');
    await expectEnd(id, after);
  },
);

test.each(CHANGES)(
  'I1 I11 a session continues when a failover of PostgreSQL loses that a symbol was %s',
  async (what, method, symbol, before, after) => {
    const id = `row-${what}`;
    await waitingSession(id, before);
    await change(id, method, symbol);
    await storeHasVersion(id, '1');
    await servers.system.query('UPDATE sessions SET membership = NULL WHERE id = $1', [id]);
    const versionInRow = () =>
      servers.system.query<{ version: string | null }>(
        `SELECT membership->>'version' AS version FROM sessions WHERE id = $1`,
        [id],
      );
    await api.eventually(versionInRow, ([row]) => row?.version === '1');
    await expectEnd(id, after);
  },
);
