/** The packages of the workspace: their manifests, and the third-party packages that they need. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { isAbsolute, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
const OURS = /^@barkeep\//;

const readManifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
/** The manifest of the workspace itself. */
export const rootManifest = readManifest(ROOT);
/** The manifest of each workspace package by name, with its `folder`. */
const manifests = new Map(
  ['libs', 'apps'].flatMap((kind) =>
    readdirSync(join(ROOT, kind)).map((name) => {
      const folder = join(ROOT, kind, name);
      return [`@barkeep/${name}`, { folder, ...readManifest(folder) }];
    }),
  ),
);

/** Path of a file in the workspace package `id`; null for another id, which tells the bundler to find it itself. */
export function workspaceFile(id, path) {
  return OURS.test(id) ? join(manifests.get(id).folder, path) : null;
}

/** Whether an import stays outside of a bundle. */
export function isExternal(id) {
  return packageOf(id) !== undefined;
}

/** The package of an import that stays outside of a bundle, `node` for a module of Node; undefined for our own files. */
export function packageOf(id) {
  if (id.startsWith('.') || isAbsolute(id) || OURS.test(id)) return undefined;
  if (id.startsWith('\0')) return undefined; // a module that the bundler itself makes
  const name = id.startsWith('@') ? id.split('/', 2).join('/') : id.split('/', 1)[0];
  return id.startsWith('node:') || builtinModules.includes(name) ? 'node' : name;
}

/** The third-party packages that the workspace depends on. @param field `dependencies` or `optionalDependencies` */
export function thirdParty(field) {
  const names = [...manifests.values()].flatMap((manifest) => Object.keys(manifest[field] ?? {}));
  return new Set(names.filter((name) => !OURS.test(name)));
}

/** The version ranges that our manifests require for these packages, by name. @throws Error for a package that it does not require */
export function versionsOf(names) {
  const required = new Map(
    [...manifests.values()].flatMap(({ dependencies, optionalDependencies }) =>
      Object.entries({ ...dependencies, ...optionalDependencies }),
    ),
  );
  const unknown = [...names].find((name) => !required.has(name));
  if (unknown !== undefined)
    throw new Error(`pack: ${unknown} is imported, and no package.json of the workspace names it`);
  const sorted = [...names].sort((a, b) => a.localeCompare(b, 'en'));
  return Object.fromEntries(sorted.map((name) => [name, required.get(name)]));
}
