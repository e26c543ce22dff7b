/**
 * A password that a user sets for the containers: Redis starts by the command of docker-compose.yml, and a client connects by the
 * URL that scripts/container-keys.mjs prints.
 */
import { findRedis, freePort } from '@barkeep/local-system';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { parse } from 'yaml';

const ROOT = join(__dirname, '../..');
const KEYS_SCRIPT = join(ROOT, 'scripts/container-keys.mjs');
const { services } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, { entrypoint: string[] }>;
};

let folder: string;
let server: ChildProcess | undefined;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'barkeep-password-'))));
afterEach(() => {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Makes the files of keys in `folder`. @returns the URL of the queue Redis, as a shell gets it from the printed exports */
function makeKeys(password: string, port: number): string {
  const env = { BARKEEP_KEYS_DIR: folder, REDIS_PASSWORD: password, REDIS_QUEUE_PORT: String(port) };
  // $0 and $1 are Node and the script.
  const commands = `"$0" "$1" make >&2; eval "$("$0" "$1" show)"; printf '%s' "$REDIS_URL"`;
  return execFileSync('sh', ['-c', commands, process.execPath, KEYS_SCRIPT], { encoding: 'utf8', env });
}

/** Starts a Redis server by the command of its container, with the container's paths in `folder`. */
function startRedis(port: number): ChildProcess {
  const [shell, ...args] = services['redis-queue']!.entrypoint.map((part) =>
    part
      .replaceAll('$$', '$') // how Compose writes $
      .replaceAll('/keys/', `${folder}/`)
      .replaceAll('/tmp/password.conf', `${folder}/conf`),
  );
  const { path, env } = findRedis(process.env, () => undefined);
  return spawn(shell!, [...args, '--port', String(port), '--save', ''], {
    env: { ...env, SERVER: path },
    cwd: folder,
    stdio: 'ignore',
  });
}

test.each([['two words'], [`"it's" 50%41 \\n & $HOME #`], [' at both ends ']])(
  'the Redis of the containers takes the password %j as it is',
  async (password) => {
    const port = await freePort();
    const url = makeKeys(password, port);
    server = startRedis(port);
    // Tries until the server listens. A wrong password is an error of the first command.
    const redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 200 });
    redis.on('error', () => undefined);
    try {
      expect(await redis.ping()).toBe('PONG');
    } finally {
      redis.disconnect();
    }
  },
);
