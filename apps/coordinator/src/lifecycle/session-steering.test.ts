import { UnknownSessionError } from '@barkeep/bar-repository';
import { SessionSteering } from './session-steering.js';

test('a lost session that is removed and created again before its start has the lock leaves the new session alone', async () => {
  const lost = { id: 's', incarnation: 'old', state: 'lost' };
  const sessions = { get: async () => lost, within: () => ({ get: async () => ({ ...lost, incarnation: 'new' }) }) };
  // Without a row of the old incarnation, no statement of the transaction finds one.
  const manager = { query: async () => [] };
  const dataSource = { transaction: (_level: string, work: (by: object) => Promise<unknown>) => work(manager) };
  // A command to Redis would throw: there is none.
  const steering = new SessionSteering({ sessions, dataSource, keyPrefix: 'p' } as never, {} as never);
  await expect(steering.start('s')).rejects.toThrow(UnknownSessionError);
});
