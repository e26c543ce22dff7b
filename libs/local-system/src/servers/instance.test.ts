import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claim, readState, release, updateState, type InstanceState } from './instance.js';

const OTHER_OWNER = { pid: 3, startedAt: 'now' };
const state: InstanceState = {
  owner: { pid: 1, startedAt: 'then' },
  keep: true,
  place: '/x',
  servers: [{ name: 'redis', pid: 2, startedAt: 'then', proof: '/x/redis.conf' }],
  extra: {},
};
let folder: string;
const stateFile = () => join(folder, 'instance.json');

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'barkeep-instance-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a folder is claimed once, and only its user can read its state', () => {
  expect(claim(folder, state)).toBe(true);
  expect(claim(folder, { ...state, owner: OTHER_OWNER })).toBe(false);
  expect(readState(folder)).toEqual(state);
  expect(statSync(stateFile()).mode & 0o777).toBe(0o600);
});

test('the state of a folder can be replaced', () => {
  claim(folder, state);
  updateState(folder, { ...state, extra: { coordinatorUrl: 'http://127.0.0.1:1' } });
  expect(readState(folder)?.extra).toEqual({ coordinatorUrl: 'http://127.0.0.1:1' });
});

test('only the state of the named owner is released', () => {
  claim(folder, state);
  release(folder, OTHER_OWNER);
  expect(readState(folder)).toEqual(state);
  release(folder, state.owner);
  release(folder, state.owner); // without a state it does nothing
  expect(readdirSync(folder)).toEqual([]);
});

test('an invalid instance file counts as no state', () => {
  const wrongFields = [{ servers: [{ pid: 'x' }] }, { owner: null }, { urls: { redisUrl: 'r' } }];
  for (const text of ['{ half', ...wrongFields.map((fields) => JSON.stringify({ ...state, ...fields }))]) {
    writeFileSync(stateFile(), text);
    expect(readState(folder)).toBeUndefined();
  }
});
