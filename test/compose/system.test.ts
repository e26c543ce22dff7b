/**
 * Builds and starts the system of docker-compose.yml as a user does, and disturbs it: kills and pauses containers, cuts
 * them off from the network, and scales the workers. Needs a Docker engine: `npm run test:compose`.
 */
import { inspectPostgres, inspectRedis } from '@barkeep/local-system';
import type { Api } from '../support/system/api.js';
import { importMarket, marketSpec } from '../support/system/compose-market.js';
import { completed, ComposeSystem } from '../support/system/compose-system.js';

const UP_MS = 900_000;
const TEST_MS = 300_000;
const SESSION_MS = 180_000;
/** Times real time: five trading days take about 12 s, in which a container can be disturbed. */
const SPEED = 9_750;
/** Longer than the coordinators and workers need to notice that a server is down. */
const FAULT_MS = 3_000;
/** Lines of `docker diff` about the place where the engine mounts its init program. */
const INIT = / (\/usr)?(\/sbin(\/docker-init)?)?$/;
const SERVICES = ['coordinator-1', 'coordinator-2', 'upkeep-worker', 'redis-queue', 'redis-session', 'postgres'];

jest.setTimeout(TEST_MS);

let system: ComposeSystem;
/** What `keys show` prints: keys, and the addresses of servers, by variable. */
let shown: Record<string, string>;
/** The first and the second coordinator, with an administrator's key. */
let first: Api;
let second: Api;
/** Digest of a session that nothing disturbed. */
let digest: string;

beforeAll(async () => {
  system = await ComposeSystem.create('barkeep-test');
  await system.up('--build');
  shown = await system.keys();
  const adminKey = shown['BARKEEP_ADMIN_KEYS']!;
  [first, second] = [system.api(1, adminKey), system.api(2, adminKey)];
  await importMarket(system);
  await first.run(marketSpec('undisturbed'));
  const { counts } = await completed(first, 'undisturbed', SESSION_MS);
  expect(counts.backfilled).toBeGreaterThan(0);
  digest = await first.digest('undisturbed');
}, UP_MS);

afterAll(async () => {
  expect(await system.remove()).toEqual([]); // nothing is left
}, TEST_MS);

test('nothing runs as root, and no program writes outside its volumes', async () => {
  const containers = await system.containers();
  expect(containers.length).toBeGreaterThanOrEqual(SERVICES.length);
  for (const { Id, HostConfig, Mounts } of containers) {
    expect(await system.docker('exec', Id, 'id', '-u')).not.toBe('0');
    expect(HostConfig.ReadonlyRootfs).toBe(true);
    await expect(system.docker('exec', Id, 'sh', '-c', 'echo >/written')).rejects.toThrow(/Read-only/);
    // A line `A PATH` names an added path. Only mount points may be added.
    const changes = (await system.docker('diff', Id)).split('\n').filter((line) => line !== '' && !INIT.test(line));
    const mountPoints = new Set(Mounts.map(({ Destination }) => `A ${Destination}`));
    expect(changes.filter((line) => !mountPoints.has(line))).toEqual([]);
  }
});

test('keys are made at the first start, are required, and stay the same after a second start', async () => {
  expect(shown['BARKEEP_API_KEYS']).toMatch(/^[0-9a-f]{48}$/);
  expect(shown['BARKEEP_ADMIN_KEYS']).toMatch(/^[0-9a-f]{48}$/);
  const user = system.api(1, shown['BARKEEP_API_KEYS']);
  const statusOf = async (caller: Api, path: string) => (await caller.call('GET', path)).status;
  expect(await statusOf(system.api(1), '/v1/sessions')).toBe(401);
  expect(await statusOf(user, '/v1/sessions')).toBe(200);
  expect(await statusOf(user, '/queues/')).toBe(403);
  expect(await statusOf(first, '/queues/')).toBe(200);
  await system.up();
  expect(await system.keys()).toEqual(shown);
});

test('both coordinators serve the console', async () => {
  // A browser sends the key as a password, with any user name.
  const credentials = Buffer.from(`me:${shown['BARKEEP_API_KEYS']}`).toString('base64');
  for (const { url } of [first, second]) {
    const page = await fetch(`${url}/`, { headers: { authorization: `Basic ${credentials}` } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>Barkeep');
  }
});

test('the servers are of a supported version, and the addresses that are shown reach them', async () => {
  const queue = await inspectRedis(shown['REDIS_URL']!);
  const session = await inspectRedis(shown['SESSION_REDIS_URL']!);
  const postgres = await inspectPostgres(shown['DATABASE_URL']!);
  for (const { problems, notes } of [queue, session, postgres]) {
    expect({ problems, notes }).toEqual({ problems: [], notes: [] });
  }
  for (const { version } of [queue, session]) expect(version).toMatch(/^Redis [78]\./);
  expect(postgres.version).toMatch(/^PostgreSQL 1[5-8]\./);
  expect(await system.compose('exec', '-T', 'coordinator-1', 'node', '--version')).toMatch(/^v24\./);
});

test('I1 both coordinators run sessions, and each answers for the other', async () => {
  await Promise.all([first.run(marketSpec('one')), second.run(marketSpec('two'))]);
  await Promise.all([completed(second, 'one', SESSION_MS), completed(first, 'two', SESSION_MS)]);
  expect(await second.digest('one')).toBe(digest);
  expect(await first.digest('two')).toBe(digest);
});

/** Disturbs the container that has this id, or ends the disturbance. */
type ContainerAction = (id: string) => Promise<unknown>;
const kill: ContainerAction = (id) => system.docker('kill', id);
const start: ContainerAction = (id) => system.docker('start', id);
const pause: ContainerAction = (id) => system.docker('pause', id);
const resume: ContainerAction = (id) => system.docker('unpause', id);
const cutOff: ContainerAction = (id) => system.docker('network', 'disconnect', `${system.project}_default`, id);

/** Connects a container again. The alias is the name of its service, which Compose adds and Docker alone does not. */
function connect(service: string): ContainerAction {
  return (id) => system.docker('network', 'connect', '--alias', service, `${system.project}_default`, id);
}

type ContainerFault = [how: string, service: string, disturb: ContainerAction, undo: ContainerAction];
const KILLED_SERVICES = SERVICES.filter((service) => service !== 'coordinator-2');
const FAULTS: ContainerFault[] = [
  ...KILLED_SERVICES.map((service): ContainerFault => ['killed', service, kill, start]),
  ['paused', 'coordinator-2', pause, resume],
  ['paused', 'upkeep-worker', pause, resume],
  ['paused', 'redis-queue', pause, resume],
  ['paused', 'redis-session', pause, resume],
  ['paused', 'postgres', pause, resume],
  ['cut off', 'coordinator-1', cutOff, connect('coordinator-1')],
  ['cut off', 'redis-session', cutOff, connect('redis-session')],
];

test.each(FAULTS)('I1 I11 a session ends with the undisturbed digest: %s %s', async (how, service, disturb, undo) => {
  const id = `${how}-${service}`.replace(' ', '-');
  // The coordinator that the test disturbs is the one that owns the session.
  const [owner, other] = service === 'coordinator-2' ? [second, first] : [first, second];
  const container = await system.container(service);
  await running(owner, id);
  await disturb(container);
  await new Promise((resolve) => setTimeout(resolve, FAULT_MS));
  await undo(container);
  await completed(other, id, SESSION_MS);
  expect(await other.digest(id)).toBe(digest);
});

test('I11 every container is healthy again after the faults', async () => {
  await system.up();
  const health = (await system.containers()).map(({ State }) => State.Health?.Status);
  expect(new Set(health)).toEqual(new Set(['healthy']));
  for (const caller of [first, second]) expect((await caller.call('GET', '/health/ready')).status).toBe(200);
});

test('I1 workers come and go during a session', async () => {
  await running(first, 'scaled');
  await system.up('--no-recreate', '--scale', 'upkeep-worker=5');
  expect(await system.containers('upkeep-worker')).toHaveLength(5);
  await system.up('--no-recreate', '--scale', 'upkeep-worker=1');
  await completed(first, 'scaled', SESSION_MS);
  expect(await first.digest('scaled')).toBe(digest);
});

test('I1 a restart of the whole system keeps sessions and datasets', async () => {
  await system.compose('down');
  await system.up();
  expect(await first.digest('undisturbed')).toBe(digest);
  await first.run(marketSpec('after-restart'));
  await completed(first, 'after-restart', SESSION_MS);
  expect(await first.digest('after-restart')).toBe(digest);
});

/** Starts a session that takes some seconds, and waits until its clock moves. */
async function running(owner: Api, id: string): Promise<void> {
  await owner.run(marketSpec(id, SPEED));
  await owner.until(id, ({ clock }) => clock !== null && clock > '2024-03-04T15:00', SESSION_MS);
}
