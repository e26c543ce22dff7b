/**
 * The published packages, installed from their tarballs in empty folders outside of this checkout. The tarballs are made from the built
 * files; npm takes third-party packages from its cache or from the registry.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { outputUntil } from './output-until.js';

const ROOT = join(__dirname, '../../..');
/** The environment without the test's servers: the packages must start their own. */
export const PACKAGE_ENV = { ...process.env };
for (const name of ['REDIS_URL', 'SESSION_REDIS_URL', 'DATABASE_URL', 'NODE_PATH']) delete PACKAGE_ENV[name];

/** Runs a program in a folder. @returns standard output @throws with all output when the program fails */
export async function runIn(cwd: string, program: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { cwd, env: PACKAGE_ENV, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

export class InstalledPackages {
  private constructor(
    /** A folder with only the client. */
    readonly clientFolder: string,
    /** A folder with the client, the command line and tsx. */
    readonly wholeFolder: string,
  ) {}

  static async create(): Promise<InstalledPackages> {
    // It prints a line for each tarball.
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/packages.mjs'], { cwd: ROOT });
    const tarballs = [...stdout.matchAll(/^dist-packages\/\S+\.tgz/gm)].map(([path]) => join(ROOT, path));
    const client = tarballs.find((path) => path.includes('client'))!;
    const cli = tarballs.find((path) => path.includes('cli-'))!;
    const packages = new InstalledPackages(await emptyFolder(), await emptyFolder());
    await install(packages.clientFolder, client);
    await install(packages.wholeFolder, client, cli, 'tsx@4');
    return packages;
  }

  /** Runs `barkeep up` in a folder during `work`. */
  async withUp(folder: string, work: () => Promise<void>): Promise<void> {
    const up = spawn(process.execPath, [join(this.wholeFolder, 'node_modules/.bin/barkeep'), 'up', '--port', '0'], {
      cwd: folder,
      env: PACKAGE_ENV,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(up, 'exit');
    try {
      await outputUntil(up.stdout, /Ctrl-C/); // in its last line, when the system is ready
      await work();
    } finally {
      up.kill('SIGINT');
      await ended;
    }
  }

  async remove(): Promise<void> {
    for (const folder of [this.clientFolder, this.wholeFolder]) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Makes a folder that other users may enter, so that the private PostgreSQL, which never runs as root, can keep its
 * data in it.
 */
async function emptyFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'barkeep-packages-')));
  await chmod(folder, 0o755);
  return folder;
}

async function install(cwd: string, ...packages: string[]): Promise<void> {
  await runIn(cwd, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...packages);
}
