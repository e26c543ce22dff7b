/**
 * Provides a Docker engine with Compose, and the public images that this project names.
 *
 * Uses the engine that `docker version` finds. Otherwise, as root on Debian, it installs docker.io, takes the Compose and Buildx plugins
 * out of Debian's packages and starts an engine with a separate folder and socket (BARKEEP_ENGINE_DIR). If no image registry answers, it
 * builds replacements from Debian packages under the names of the public images.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DebianRelease, install, isDebianAsRoot } from './debian.mjs';
import { makeStandIn } from './stand-ins.mjs';
import { until } from './until.mjs';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = process.env.BARKEEP_ENGINE_DIR ?? '/var/tmp/barkeep-docker';
const DOWNLOADS = join(FOLDER, 'debian');
const COMPOSE_FILES = ['docker-compose.yml', 'docker-compose.valkey.yml'];
/** The Debian release whose Compose and Buildx are new enough. They are static programs, which run on older releases too. */
const PLUGINS_FROM = 'trixie';
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const PULL_LIMIT_MS = 600_000;

const quiet = { stdio: 'ignore' };
const succeeds = (program, ...args) => spawnSync(program, args, quiet).status === 0;
const log = (line) => process.stderr.write(`engine: ${line}\n`);

const hasEngine = () => succeeds('docker', 'compose', 'version') && succeeds('docker', 'version');
/** @returns {boolean} true when {@link openEngine} can find or start an engine */
export const canHaveEngine = () => hasEngine() || isDebianAsRoot();
export const ENGINE_NEEDED = 'expected a running Docker engine with Compose, or root on Debian to start one';

/**
 * Finds or starts an engine, and sets DOCKER_HOST and DOCKER_CONFIG of this process for it.
 *
 * @returns {Promise<() => Promise<void>>} stops the engine, when this call started it and no container uses it
 * @throws Error when this machine can have no engine
 */
export async function openEngine() {
  if (hasEngine()) return async () => undefined;
  if (!isDebianAsRoot()) throw new Error(ENGINE_NEEDED);
  mkdirSync(FOLDER, { recursive: true });
  process.env.DOCKER_HOST = `unix://${join(FOLDER, 'docker.sock')}`;
  process.env.DOCKER_CONFIG = join(FOLDER, 'config');
  addPlugins(join(FOLDER, 'config/cli-plugins'));
  if (hasEngine()) return async () => undefined; // an earlier call left it running
  if (!succeeds('dockerd', '--version') || !succeeds('iptables', '--version')) {
    log('installing docker.io by apt-get');
    install(['docker.io', 'iptables', 'ca-certificates']);
  }
  return startEngine();
}

/** Pulls or builds the images that the Dockerfile, the Compose files and `more` name, except those that the engine has. */
export function ensureImages(more = []) {
  const names = new Set([...namedImages(), ...more]);
  const missing = [...names].filter((name) => !succeeds('docker', 'image', 'inspect', name));
  const pull = (name) =>
    spawnSync('docker', ['pull', '--quiet', name], { ...quiet, timeout: PULL_LIMIT_MS }).status === 0;
  let hasRegistry = true;
  for (const name of missing) {
    hasRegistry &&= pull(name); // after one failure nothing more is pulled, because each pull may take long to fail
    if (hasRegistry) continue;
    log(`no registry answers for ${name}: building a stand-in from Debian's packages`);
    if (!isDebianAsRoot()) throw new Error(`expected the image ${name}, or root on Debian to make a stand-in`);
    makeStandIn(name, DOWNLOADS);
  }
}

/** The public images that the Dockerfile and the Compose files name. */
function namedImages() {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const bases = [...dockerfile.matchAll(/^FROM (\S+:\S+)/gm)].map(([, name]) => name);
  // Each Compose file works only together with those before it.
  const services = COMPOSE_FILES.flatMap((_file, count) => {
    const files = COMPOSE_FILES.slice(0, count + 1).flatMap((file) => ['--file', join(ROOT, file)]);
    const text = execFileSync('docker', ['compose', ...files, 'config', '--format', 'json'], { encoding: 'utf8' });
    return Object.values(JSON.parse(text).services);
  });
  // Images that a service builds are not public.
  const built = new Set(services.filter(({ build }) => build !== undefined).map(({ image }) => image));
  return [...bases, ...services.map(({ image }) => image).filter((image) => !built.has(image))];
}

/** Puts Compose and Buildx into the folder of Docker's plugins, unless they are there. */
function addPlugins(folder) {
  const names = ['docker-compose', 'docker-buildx'];
  if (names.every((name) => existsSync(join(folder, name)))) return;
  log("taking Compose and Buildx out of Debian's packages");
  const root = join(FOLDER, 'plugins');
  mkdirSync(folder, { recursive: true });
  const release = new DebianRelease(PLUGINS_FROM, DOWNLOADS);
  for (const name of names) {
    release.extractOnly(name, root);
    copyFileSync(join(root, 'usr/libexec/docker/cli-plugins', name), join(folder, name));
  }
  rmSync(root, { recursive: true });
}

/** Starts an engine and waits until it answers. @returns a function that stops it, unless a container uses it */
async function startEngine() {
  const pidFile = join(FOLDER, 'dockerd.pid');
  rmSync(pidFile, { force: true });
  const output = openSync(join(FOLDER, 'dockerd.log'), 'a');
  const folders = ['--data-root', join(FOLDER, 'data'), '--exec-root', join(FOLDER, 'exec')];
  const args = [...folders, '--host', process.env.DOCKER_HOST, '--pidfile', pidFile];
  const engine = spawn('dockerd', args, { detached: true, stdio: ['ignore', output, output] });
  const hasEnded = () => engine.exitCode !== null || engine.signalCode !== null;
  await until(() => hasEngine() || hasEnded(), START_LIMIT_MS);
  if (!hasEngine()) {
    engine.kill();
    throw new Error(`the engine or its Compose plugin did not start: see ${join(FOLDER, 'dockerd.log')}`);
  }
  engine.unref();
  return async () => {
    if (execFileSync('docker', ['ps', '--quiet'], { encoding: 'utf8' }) !== '') return;
    engine.kill();
    await until(hasEnded, STOP_LIMIT_MS);
  };
}
