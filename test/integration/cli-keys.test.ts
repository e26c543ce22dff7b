/** Commands on a coordinator that requires API keys. */
import { CommandFolder } from '../support/programs/command-folder.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { Api } from '../support/system/api.js';
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';

const project = new CommandFolder();

describe('a coordinator with keys', () => {
  const [KEY, ADMIN, WRONG] = ['user-key-0123456789', 'admin-key-0123456789', 'wrong-key-0123456789'];
  let database: TestDatabase;
  let coordinator: SystemProcess;
  beforeAll(async () => {
    database = await createTestDatabase();
    const keys = { BARKEEP_API_KEYS: KEY, BARKEEP_ADMIN_KEYS: ADMIN };
    coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url, ...keys });
    // No feeder posts bars to this session, so it waits for its feed.
    const spec = { id: 'keyed', symbols: ['SPY'], start: '2013-10-07', end: '2013-10-07', source: { type: 'feed' } };
    const created = await new Api(coordinator.url, { 'X-API-Key': KEY }).call('POST', '/v1/sessions?start=true', spec);
    expect(created.status).toBe(201);
    const admin = new Api(coordinator.url, { 'X-API-Key': ADMIN });
    await admin.until('keyed', ({ waitingFor }) => waitingFor?.kind === 'feed');
  });
  afterAll(async () => {
    await coordinator?.signal('SIGTERM');
    await database?.drop();
  });

  /** Runs `barkeep status` for the session, with variables that have keys. */
  const statusWith = (keys: object) =>
    project.barkeep(['status', 'keyed', '--json'], { BARKEEP_URL: coordinator.url, ...keys });

  // The variables with keys, and the exit code.
  it.each([
    [{}, 1],
    [{ BARKEEP_API_KEY: WRONG }, 1],
    [{ BARKEEP_API_KEY: KEY }, 0],
    [{ BARKEEP_ADMIN_KEY: ADMIN }, 0],
    [{ BARKEEP_ADMIN_KEY: ADMIN, BARKEEP_API_KEY: WRONG }, 0],
    [{ BARKEEP_ADMIN_KEYS: `${ADMIN},other-key-0123456789` }, 0],
  ])('status with the keys %j exits with code %d', async (keys, exitCode) => {
    const { code, stdout, stderr } = await statusWith(keys);
    expect(code).toBe(exitCode);
    if (exitCode === 0) expect({ stderr, ...JSON.parse(stdout) }).toMatchObject({ stderr: '', id: 'keyed' });
    else expect(JSON.parse(stderr)).toMatchObject({ error: { kind: 'unauthorized', exitCode: 1 } });
  });

  it('status with an admin key names the symbol that a session waits for, and status with a user key does not', async () => {
    const [byAdmin, byUser] = [
      await statusWith({ BARKEEP_ADMIN_KEY: ADMIN }),
      await statusWith({ BARKEEP_API_KEY: KEY }),
    ];
    const detail = expect.stringContaining('SPY');
    expect(JSON.parse(byAdmin.stdout)).toMatchObject({ waitingFor: { kind: 'feed', detail } });
    expect(JSON.parse(byUser.stdout)).toMatchObject({ waitingFor: { kind: 'feed', detail: '' } });
  });

  it('run --strict with a user key is refused and creates no session: only an admin key may learn which symbols a dataset has', async () => {
    const spec = { id: 'strict', symbols: ['NOPE'], start: '2013-10-07', end: '2013-10-07', source: { type: 'feed' } };
    await project.write('strict.json', JSON.stringify(spec));
    const env = { BARKEEP_URL: coordinator.url, BARKEEP_API_KEY: KEY };
    const { code, stderr } = await project.barkeep(['run', 'strict.json', '--strict'], env);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('expected an admin key for --strict'),
    });
    expect((await new Api(coordinator.url, { 'X-API-Key': KEY }).call('GET', '/v1/sessions/strict')).status).toBe(404);
  });

  it('doctor without a key reports that the coordinator needs one', async () => {
    const { code, stdout } = await project.barkeep(['doctor'], { BARKEEP_URL: coordinator.url });
    expect(code).toBe(1);
    expect(stdout).toMatch(/wrong +coordinator +.*key/);
  });
});
