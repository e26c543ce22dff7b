/**
 * A Docker engine for the tests of docker-compose.yml, on a machine that has none.
 *
 *   node scripts/engine.mjs -- PROGRAM ARGS…   runs a program with DOCKER_HOST and BARKEEP_COMPOSE_TESTS=1 set, and stops the engine afterwards
 *
 * Uses the engine that `docker version` finds. Otherwise, as root on Debian or Ubuntu, it installs docker.io and starts one with
 * a separate folder and socket. Where neither is possible it says so and exits with 3. The images that Dockerfile and
 * compose file name must be reachable, or be in the engine already (BARKEEP_ENGINE_DIR names the folder of an engine).
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const FOLDER = process.env.BARKEEP_ENGINE_DIR ?? '/var/tmp/barkeep-engine';
const START_LIMIT_MS = 60_000;
const CHECK_MS = 500;
const NO_ENGINE = 3;

const quiet = { stdio: 'ignore' };
const hasEngine = () =>
  spawnSync('docker', ['compose', 'version'], quiet).status === 0 &&
  spawnSync('docker', ['version'], quiet).status === 0;
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`], quiet).status === 0;

/** @throws Error when this machine can have no engine */
function install() {
  if (has('dockerd')) return;
  if (process.getuid?.() !== 0 || !has('apt-get'))
    throw new Error('no Docker engine: expected a running one, or root on Debian or Ubuntu to install docker.io');
  process.stderr.write('installing docker.io by apt-get\n');
  const command =
    'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends docker.io iptables';
  if (spawnSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
    throw new Error('docker.io could not be installed');
}

/** Starts an engine of our own. @returns stops it */
async function start() {
  mkdirSync(FOLDER, { recursive: true });
  process.env.DOCKER_HOST = `unix://${join(FOLDER, 'docker.sock')}`;
  if (existsSync(join(FOLDER, 'config'))) process.env.DOCKER_CONFIG = join(FOLDER, 'config');
  if (hasEngine()) return () => undefined;
  install();
  const pidFile = join(FOLDER, 'dockerd.pid');
  rmSync(pidFile, { force: true });
  const log = openSync(join(FOLDER, 'dockerd.log'), 'a');
  const folders = ['--data-root', join(FOLDER, 'data'), '--exec-root', join(FOLDER, 'exec')];
  const args = [...folders, '--host', process.env.DOCKER_HOST, '--pidfile', pidFile];
  const engine = spawn('dockerd', args, { detached: true, stdio: ['ignore', log, log] });
  for (const deadline = Date.now() + START_LIMIT_MS; !hasEngine(); await delay(CHECK_MS)) {
    if (engine.exitCode === null && Date.now() < deadline) continue;
    engine.kill();
    throw new Error(`the engine or its Compose plugin did not start: see ${join(FOLDER, 'dockerd.log')}`);
  }
  return () => engine.kill();
}

const command = process.argv.slice(process.argv.indexOf('--') + 1);
try {
  const stop = hasEngine() ? () => undefined : await start();
  const env = { ...process.env, BARKEEP_COMPOSE_TESTS: '1' };
  const { status } = spawnSync(command[0], command.slice(1), { stdio: 'inherit', env });
  stop();
  process.exitCode = status ?? 1;
} catch (error) {
  process.stderr.write(`engine: ${error.message}\n`);
  process.exitCode = NO_ENGINE;
}
