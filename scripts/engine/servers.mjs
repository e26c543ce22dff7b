/** Starts Redis, Valkey and PostgreSQL in containers, on free ports of this machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { until } from './until.mjs';

const READY_LIMIT_MS = 60_000;

const docker = (...args) => execFileSync('docker', args, { encoding: 'utf8' }).trim();

/** Describes a Redis without persistence, for {@link startInContainer}. @param image of Redis or Valkey */
export function redisServer(image) {
  const name = image.startsWith('valkey') ? 'valkey' : 'redis';
  const command = [`${name}-server`, '--save', '', '--protected-mode', 'no'];
  return { image, port: 6379, options: [], command, isReady: [`${name}-cli`, 'ping'] };
}

/** Describes a PostgreSQL whose user, password and database are `barkeep`, for {@link startInContainer}. */
export function postgresServer(version) {
  const variables = ['USER', 'PASSWORD', 'DB'].flatMap((name) => ['--env', `POSTGRES_${name}=barkeep`]);
  // Over TCP, because the image first runs a server that makes the database, and listens on its Unix socket only.
  const isReady = ['pg_isready', '--host=127.0.0.1', '--username=barkeep'];
  const options = ['--user', 'postgres', ...variables];
  return { image: `postgres:${version}`, port: 5432, options, command: [], isReady };
}

/**
 * Starts a server and waits until it answers.
 * @param port of the server in its container
 * @param options of `docker run`
 * @param isReady a command in the container that succeeds once the server answers
 * @returns the server's `HOST:PORT` on this machine, and a function that removes the container
 */
export async function startInContainer({ image, port, options, command, isReady }) {
  const run = ['run', '--detach', '--rm', '--publish', `127.0.0.1::${port}`];
  const container = docker(...run, ...options, image, ...command);
  const remove = () => docker('rm', '--force', '--volumes', container);
  const answers = () => spawnSync('docker', ['exec', container, ...isReady], { stdio: 'ignore' }).status === 0;
  if (!(await until(answers, READY_LIMIT_MS))) {
    remove();
    throw new Error(`expected ${image} to answer within ${READY_LIMIT_MS} ms`);
  }
  return { address: docker('port', container, `${port}/tcp`).split('\n')[0], remove };
}
