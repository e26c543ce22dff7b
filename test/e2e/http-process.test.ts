/** The coordinator as a process: what it says when it cannot start, when it is ready, and how it ends. */
import { once } from 'node:events';
import { coordinatorProcess, startCoordinatorProcess } from '../support/http-process.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

it('reports all configuration errors in one message, without a stack, and exits with 1', async () => {
  const { child, output } = coordinatorProcess({ BARKEEP_PORT: 'x', BARKEEP_HOST: '0.0.0.0', DATABASE_URL: '' });
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(output()).toMatch(/^3 problems in the environment:\n(  [A-Z_]+: expected .*, was .*\n){3}$/);
});

it('says in one line which server it cannot reach, and exits with 1', async () => {
  const { child, output } = coordinatorProcess({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
  expect(await once(child, 'exit')).toEqual([1, null]);
  const lines = output()
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('{'));
  expect(lines).toEqual([expect.stringMatching(/^the coordinator could not start: .*127\.0\.0\.1:1/)]);
});

it('tells its parent when it is ready, says that it is open to this machine only, and ends with 0 on SIGTERM', async () => {
  const coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url });
  expect((await fetch(`${coordinator.url}/health/ready`)).status).toBe(200);
  expect(coordinator.output()).toContain('no API keys are configured, so only this machine can reach the service');
  const from = performance.now();
  coordinator.child.kill('SIGTERM');
  expect(await once(coordinator.child, 'exit')).toEqual([0, null]);
  expect(performance.now() - from).toBeLessThan(10_000);
});
