/**
 * Fetches programs from the system's package sources into a private folder. Installs nothing, needs no root, and changes no
 * file of the system.
 *
 * Guarantees: the folder of unpacked packages is complete (by a rename) or absent; every command has a time limit.
 * For systems with apt-get and dpkg-deb (Debian, Ubuntu and derivatives).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lowDiskText } from '../disk-space.js';

/** Time limit of each command. */
const STEP_LIMIT_MS = 180_000;
/** Space for the package lists of a system. On a full disk apt-get would not fail, but try again without end. */
const LISTS_BYTES = 200_000_000;
/** Libraries are searched down to this depth below `lib`, such as in `lib/TRIPLET/blas`. */
const LIBRARY_DEPTH = 2;

/** Runs a command. Returns undefined on success, else what it printed. */
function failureOf(command: string, args: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  const options = {
    env: { ...lowerCaseProxies(env), ...env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    timeout: STEP_LIMIT_MS,
    encoding: 'utf8',
  } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  return status === 0 ? undefined : `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim() || 'no reason given';
}

/** The variables that name a proxy, in lower case: apt-get reads no others. npm and most other programs read both cases. */
function lowerCaseProxies({ HTTP_PROXY, HTTPS_PROXY, NO_PROXY }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { http_proxy: HTTP_PROXY, https_proxy: HTTPS_PROXY, no_proxy: NO_PROXY };
}

/** True when this system has what `fetchPackages` needs. */
export function canFetchPackages(): boolean {
  return ['apt-get', 'dpkg-deb'].every((tool) => existsSync(join('/usr/bin', tool)));
}

/**
 * Where a set of packages is unpacked in a cache folder. The path names the system, such as `debian-12-x64`, so that no other system uses
 * the set. @param name distinguishes this set from others
 */
export function packageFolder(name: string, cache: string): string {
  return join(cache, `${name}-${systemName()}`);
}

function systemName(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name: string) => new RegExp(`^${name}="?([\\w.-]+)"?$`, 'm').exec(release)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`;
}

/** apt-get options that keep every lock, cache and log in `work`. */
function privateOptions(work: string): string[] {
  // As root, apt-get would download as the user _apt, who cannot write in `work`.
  const user = process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : [];
  const settings = [
    `Dir::Cache=${work}`,
    `Dir::Cache::archives=${work}/archives`,
    `Dir::Log=${work}`,
    `Dir::State::extended_states=${work}/extended_states`,
    'Debug::NoLocking=1',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=20',
    'APT::Update::Error-Mode=any', // an update that reaches no server fails; otherwise apt-get only warns
    ...user,
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}

/**
 * Downloads the packages with the system's package lists. If that fails, because the lists are old or missing, downloads
 * new lists into `work` and tries again. Returns undefined on success, else the reason of the failure.
 */
function download(work: string, names: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  const options = privateOptions(work);
  const install = ['install', '-y', '-qq', '--download-only', '--no-install-recommends', ...names];
  if (failureOf('apt-get', [...options, ...install], env) === undefined) return undefined;
  const lowDisk = lowDiskText(work, LISTS_BYTES);
  if (lowDisk !== undefined) return `${lowDisk}, expected ${LISTS_BYTES / 1_000_000} MB for package lists`;
  const lists = ['-o', `Dir::State::lists=${work}/lists`];
  const updateFailure = failureOf('apt-get', [...options, ...lists, 'update', '-qq'], env);
  const failure = failureOf('apt-get', [...options, ...lists, ...install], env);
  if (failure === undefined) return undefined;
  return updateFailure ?? failure; // without lists the second failure is only that there is no such package
}

/** Unpacks the packages to `root` in `work`, except the C library: programs need the installed one. Returns the reason of a failure. */
function unpack(work: string, env: NodeJS.ProcessEnv): string | undefined {
  const isWanted = (file: string): boolean => file.endsWith('.deb') && !file.startsWith('libc6_');
  const archives = readdirSync(join(work, 'archives')).filter(isWanted);
  if (archives.length === 0) return 'no package was downloaded';
  const failures = archives.map((file) =>
    failureOf('dpkg-deb', ['-x', join(work, 'archives', file), join(work, 'root')], env),
  );
  return failures.find((failure) => failure !== undefined);
}

/** The first line `E:` of apt-get, because later ones follow from it. Without one, as of dpkg-deb or after a time limit: the last three lines. */
function causeIn(output: string): string {
  return /^E: .*$/m.exec(output)?.[0] ?? output.split('\n').slice(-3).join(' ');
}

/** Downloads packages with the dependencies that the system lacks, and unpacks them to `target`. Returns undefined, or why it failed. */
export function fetchPackages(names: readonly string[], target: string, env: NodeJS.ProcessEnv): string | undefined {
  const work = mkdtempSync(`${target}.`);
  try {
    for (const folder of ['archives/partial', 'lists/partial', 'root'])
      mkdirSync(join(work, folder), { recursive: true });
    const failure = download(work, names, env) ?? unpack(work, env);
    if (failure !== undefined) return causeIn(failure);
    renameSync(join(work, 'root'), target);
    return undefined;
  } catch (error) {
    // Another process may have created the same folder in the meantime.
    return existsSync(target) ? undefined : String(error);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Folders with shared libraries in `folder` and at most `depth` levels below it, outer ones first. */
function libraryFolders(folder: string, depth: number): string[] {
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const folders = depth === 0 ? [] : entries.filter((entry) => entry.isDirectory());
  const below = folders.flatMap(({ name }) => libraryFolders(join(folder, name), depth - 1));
  return entries.some(({ name }) => /\.so(\.|$)/.test(name)) ? [folder, ...below] : below;
}

/** An environment in which programs find the libraries unpacked below `root`. */
export function unpackedEnvironment(root: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const unpacked = ['usr/lib', 'lib'].flatMap((folder) => libraryFolders(join(root, folder), LIBRARY_DEPTH));
  const libraries = [...unpacked, env['LD_LIBRARY_PATH'] ?? ''].filter((path) => path !== '');
  return { ...env, LD_LIBRARY_PATH: libraries.join(':') };
}
