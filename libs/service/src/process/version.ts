/** The version of Barkeep: the one in the package.json of the package that this file is part of. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** For example `0.1.0`. @param folder where the search for the nearest package.json starts */
export function barkeepVersion(folder = __dirname): string {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return barkeepVersion(dirname(folder));
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
  if (typeof version !== 'string') throw new Error(`${file}: expected a version, was ${JSON.stringify(version)}`);
  return version;
}
