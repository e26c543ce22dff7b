/**
 * The system of docker-compose.yml, built and started as a user does, and disturbed: processes are killed, containers paused
 * and cut off, workers scaled. Needs a Docker engine: `npm run test:compose`.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api, type Session } from '../support/api.js';

const ROOT = join(__dirname, '../..');
const PROJECT = 'barkeep-test';
/** The compose file mounts this folder for the command line. */
const DATA = join(ROOT, 'data');
const FILE = 'compose-test.csv';
const UP_MS = 600_000;
const TEST_MS = 240_000;
const SESSION_MS = 120_000;

jest.setTimeout(TEST_MS);

let keys: Record<string, string>;
let api: Api;
let second: Api;
/** Digest of a session that nothing disturbed. */
let digest: string;

beforeAll(async () => {
  await compose('down', '--volumes', '--remove-orphans');
  await compose('up', '--build', '--wait');
  keys = await shownKeys();
  const headers = { authorization: `Bearer ${keys['BARKEEP_API_KEYS']}` };
  [api, second] = [new Api('http://127.0.0.1:3000', headers), new Api('http://127.0.0.1:3001', headers)];
  mkdirSync(DATA, { recursive: true });
  writeFileSync(join(DATA, FILE), marketCsv());
  await compose('run', '--rm', '-T', 'cli', 'import', `/data/${FILE}`, '--dataset', 'compose', '--json');
  await api.run(spec('undisturbed'));
  await api.completed('undisturbed', SESSION_MS);
  digest = await api.digest('undisturbed');
}, UP_MS);

afterAll(async () => {
  await compose('down', '--volumes', '--remove-orphans');
  rmSync(join(DATA, FILE), { force: true });
  expect(await docker('ps', '-aq', '--filter', `label=com.docker.compose.project=${PROJECT}`)).toBe('');
  expect(await docker('volume', 'ls', '-q', '--filter', `label=com.docker.compose.project=${PROJECT}`)).toBe('');
}, TEST_MS);

test('nothing runs as root, and no program can write outside its volumes', async () => {
  for (const service of [
    'coordinator-1',
    'coordinator-2',
    'upkeep-worker',
    'redis-queue',
    'redis-session',
    'postgres',
  ]) {
    const [id] = await idsOf(service);
    const [container] = JSON.parse(await docker('inspect', id!)) as [Container];
    expect([service, container.HostConfig.ReadonlyRootfs]).toEqual([service, true]);
    expect([service, await compose('exec', '-T', service, 'id', '-u')]).not.toEqual([service, '0']);
    await expect(compose('exec', '-T', service, 'sh', '-c', 'touch /written')).rejects.toThrow(/Read-only/);
  }
});

test('keys are made at the first start, are needed, and stay the same', async () => {
  expect(keys['BARKEEP_API_KEYS']).toMatch(/^[0-9a-f]{48}$/);
  expect((await new Api('http://127.0.0.1:3000').call('GET', '/v1/sessions')).status).toBe(401);
  await compose('up', '--wait');
  expect(await shownKeys()).toEqual(keys);
});

test('the servers are of a supported version', async () => {
  const redis = await compose('exec', '-T', 'redis-queue', 'sh', '-c', '"$SERVER" --version');
  expect(Number(/v=(\d+)/.exec(redis)![1])).toBeGreaterThanOrEqual(7);
  const postgres = await compose('exec', '-T', 'postgres', 'postgres', '--version');
  expect(Number(/ (\d+)/.exec(postgres)![1])).toBeGreaterThanOrEqual(15);
  expect(await compose('exec', '-T', 'coordinator-1', 'node', '--version')).toMatch(/^v24\./);
});

test('I1 both coordinators run sessions, and each answers for the other', async () => {
  await Promise.all([api.run(spec('one')), second.run(spec('two'))]);
  await Promise.all([second.completed('one', SESSION_MS), api.completed('two', SESSION_MS)]);
  expect([await second.digest('one'), await api.digest('two')]).toEqual([digest, digest]);
});

/** What is done to a container in the middle of a session, and undone afterwards. */
const DISTURBANCES: [string, string, (id: string) => Promise<unknown>, (id: string) => Promise<unknown>][] = [
  ['killed', 'coordinator-1', kill, start],
  ['killed', 'upkeep-worker', kill, start],
  ['killed', 'redis-queue', kill, start],
  ['killed', 'redis-session', kill, start],
  ['killed', 'postgres', kill, start],
  ['paused', 'coordinator-2', (id) => docker('pause', id), (id) => docker('unpause', id)],
  ['paused', 'redis-session', (id) => docker('pause', id), (id) => docker('unpause', id)],
  ['cut off', 'upkeep-worker', disconnect, connect],
];

test.each(DISTURBANCES)(
  'I1 I11 a session ends with the same digest when a container is %s (%s)',
  async (how, service, disturb, undo) => {
    const id = `${how}-${service}`.replace(' ', '-');
    const [container] = await idsOf(service);
    await running(id);
    await disturb(container!);
    await new Promise((resolve) => setTimeout(resolve, 3_000)); // long enough to be noticed
    await undo(container!);
    await compose('up', '--wait');
    await reachable(id);
    await api.completed(id, SESSION_MS);
    expect(await api.digest(id)).toBe(digest);
  },
);

test('I1 workers come and go during a session', async () => {
  await running('scaled');
  await compose('up', '--wait', '--no-recreate', '--scale', 'upkeep-worker=5');
  expect(await idsOf('upkeep-worker')).toHaveLength(5);
  await compose('up', '--wait', '--no-recreate', '--scale', 'upkeep-worker=1');
  await api.completed('scaled', SESSION_MS);
  expect(await api.digest('scaled')).toBe(digest);
});

test('I1 a restart of everything keeps sessions and data', async () => {
  await compose('down');
  await compose('up', '--wait');
  expect(await api.digest('undisturbed')).toBe(digest);
  await api.run(spec('after-restart'));
  await api.completed('after-restart', SESSION_MS);
  expect(await api.digest('after-restart')).toBe(digest);
});

interface Container {
  HostConfig: { ReadonlyRootfs: boolean };
}

/** Two symbols over a week, with a hole in each that nothing can repair. */
function marketCsv(): string {
  const rows = ['time,symbol,open,high,low,close,volume'];
  for (const day of ['2024-03-04', '2024-03-05', '2024-03-06', '2024-03-07', '2024-03-08'])
    for (const [offset, symbol] of ['ALPHA', 'EMBER'].entries())
      for (let minute = 0; minute < 390; minute++) {
        if (minute % 97 === 50) continue;
        const time = new Date(Date.parse(`${day}T14:30:00Z`) + minute * 60_000).toISOString();
        const price = 100 + offset * 50 + (minute % 13) / 4;
        rows.push(`${time},${symbol},${price},${price + 1},${price - 1},${price + 0.25},${minute + 1}`);
      }
  return `${rows.join('\n')}\n`;
}

/** A paced session takes some seconds, so that it can be disturbed; its digest is that of one at full speed. */
function spec(id: string, speed?: number): object {
  const source = { type: 'dataset', dataset: 'compose' };
  const pace = speed === undefined ? {} : { pace: { mode: 'clock', speed } };
  return { id, symbols: ['ALPHA', 'EMBER'], start: '2024-03-04', end: '2024-03-08', source, ...pace };
}

/** Starts a session that takes about 15 s, and waits until its clock moves. */
async function running(id: string): Promise<void> {
  await api.run(spec(id, 7_800));
  await api.until(
    id,
    ({ clock, frontier }) => clock !== null && frontier !== null && clock > '2024-03-04T15:00',
    SESSION_MS,
  );
}

/** Waits until the API answers again for a session. */
async function reachable(id: string): Promise<Session> {
  const look = () => api.call<Session>('GET', `/v1/sessions/${id}`).catch(() => ({ status: 0 }));
  await api.eventually(look, ({ status }) => status === 200, SESSION_MS);
  return api.session(id);
}

async function idsOf(service: string): Promise<string[]> {
  return (await compose('ps', '-q', service)).split('\n').filter((id) => id !== '');
}

async function shownKeys(): Promise<Record<string, string>> {
  const lines = await compose('run', '--rm', '-T', 'keys', 'show');
  return Object.fromEntries([...lines.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
}

function kill(id: string): Promise<string> {
  return docker('kill', id);
}

function start(id: string): Promise<string> {
  return docker('start', id);
}

function disconnect(id: string): Promise<string> {
  return docker('network', 'disconnect', `${PROJECT}_default`, id);
}

function connect(id: string): Promise<string> {
  return docker('network', 'connect', `${PROJECT}_default`, id);
}

function compose(...args: string[]): Promise<string> {
  return docker('compose', '--project-name', PROJECT, '--progress', 'quiet', ...args);
}

function docker(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('docker', args, { cwd: ROOT, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`docker ${args.join(' ')}: ${stdout}${stderr}`));
      else resolve(stdout.trim());
    });
  });
}
