import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRepositories, RepositoryModuleError } from './load-repositories.js';

const folder = mkdtempSync(join(tmpdir(), 'barkeep-repositories-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** jest does not support `import()`. For a CommonJS module Node's `import()` returns the exports under `default`. */
async function importOfNode(url: string): Promise<unknown> {
  const exported: unknown = createRequire(__filename)(fileURLToPath(url));
  return { default: exported, 'module.exports': exported };
}

async function load(name: string, source: string): Promise<Map<string, unknown>> {
  const path = join(folder, name);
  writeFileSync(path, source);
  return loadRepositories(path, importOfNode);
}

test('a CommonJS module exports repositories by name', async () => {
  const repositories = await load('plain.cjs', 'exports["vendor-b"] = { getBars: () => [] }; exports.none = null;');
  expect([...repositories.keys()]).toEqual(['vendor-b', 'none']);
});

test('the export may be a Map, a promise, or a function that connects first', async () => {
  expect(await load('map.cjs', 'module.exports = new Map([["a", 1]])')).toEqual(new Map([['a', 1]]));
  expect(await load('promise.cjs', 'module.exports = Promise.resolve({ a: 1 })')).toEqual(new Map([['a', 1]]));
  expect(await load('function.cjs', 'module.exports = async () => ({ a: 1 })')).toEqual(new Map([['a', 1]]));
});

test('an ES module may use its default export or named ones', async () => {
  const namespaces = [{ default: { a: 1 }, b: 2 }, { a: 1 }, { default: { default: { a: 1 }, __esModule: true } }];
  for (const namespace of namespaces)
    expect(await loadRepositories('x.mjs', async () => namespace)).toEqual(new Map([['a', 1]]));
});

test('a module that is missing, throws, or exports something else says so with its path', async () => {
  const missing = join(folder, 'missing.cjs');
  await expect(loadRepositories(missing, importOfNode)).rejects.toThrow(
    `${missing}: expected a module that loads, was`,
  );
  await expect(load('throws.cjs', 'throw new Error("no licence")')).rejects.toThrow('no licence');
  await expect(load('array.cjs', 'module.exports = []')).rejects.toThrow(RepositoryModuleError);
  await expect(load('number.cjs', 'module.exports = 7')).rejects.toThrow(
    'expected an object of repositories by dataset name, was number',
  );
});
