/** Loads the user's module of repositories: `module.exports = { 'vendor-b': repository }`, or the same as an ESM default export. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Thrown when the module cannot be loaded or does not export repositories by name. */
export class RepositoryModuleError extends Error {
  override readonly name = 'RepositoryModuleError';
  constructor(
    readonly modulePath: string,
    expected: string,
    actual: string,
    options?: ErrorOptions,
  ) {
    super(`repository module ${modulePath}: expected ${expected}, was ${actual}`, options);
  }
}

/**
 * Imports the module (CommonJS or ESM, relative to the working directory) and returns its repositories by name. Uses the default
 * export when there is one. The export may be a promise, or a function that returns the map (for repositories that connect first).
 * @throws RepositoryModuleError
 */
export async function loadRepositories(
  modulePath: string,
  load: (url: string) => Promise<unknown> = (url) => import(url),
): Promise<Map<string, unknown>> {
  const exported = await exportedBy(modulePath, load);
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported)) {
    const actual = Array.isArray(exported) ? 'an array' : exported === null ? 'null' : typeof exported;
    throw new RepositoryModuleError(modulePath, 'an object of repositories by dataset name', actual);
  }
  return new Map(exported instanceof Map ? exported : Object.entries(exported));
}

async function exportedBy(modulePath: string, load: (url: string) => Promise<unknown>): Promise<unknown> {
  try {
    const namespace = await load(pathToFileURL(resolve(modulePath)).href);
    const outer: unknown = hasDefault(namespace) ? await namespace.default : withoutMarkers(namespace);
    // An ES module that was compiled to CommonJS has its default export one level deeper.
    const exported: unknown = hasDefault(outer) && '__esModule' in outer ? await outer.default : outer;
    return typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  } catch (error) {
    const actual = error instanceof Error ? error.message : String(error);
    throw new RepositoryModuleError(modulePath, 'a module that loads', actual, { cause: error });
  }
}

function hasDefault(namespace: unknown): namespace is { default: unknown } {
  return (
    typeof namespace === 'object' && namespace !== null && 'default' in namespace && namespace.default !== undefined
  );
}

/** The named exports as a plain object, without the entries that Node and compilers add. */
function withoutMarkers(namespace: unknown): unknown {
  if (typeof namespace !== 'object' || namespace === null) return namespace;
  const markers = new Set(['default', '__esModule', 'module.exports']);
  return Object.fromEntries(Object.entries(namespace).filter(([name]) => !markers.has(name)));
}
