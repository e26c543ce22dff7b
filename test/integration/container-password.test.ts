/** Starts Redis by the command of docker-compose.yml, and connects with the password that its script for keys prints. */
import { findRedis } from '@barkeep/local-system';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { parse } from 'yaml';
import { freePort } from '../faults/lab/redis-server.js';

const ROOT = join(__dirname, '../..');
const KEYS = join(ROOT, 'scripts/container-keys.mjs');
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

test.each([['two words'], [`"it's" 50%41 \\n & $HOME #`], [' at both ends ']])(
  'the Redis of the containers takes the password %j as it is',
  async (password) => {
    const port = await freePort();
    const keysEnv = { BARKEEP_KEYS_DIR: folder, REDIS_PASSWORD: password, REDIS_QUEUE_PORT: String(port) };
    // $0 and $1 are Node and the script.
    const script = `"$0" "$1" make >&2; eval "$("$0" "$1" show)"; printf '%s' "$REDIS_URL"`;
    const url = execFileSync('sh', ['-c', script, process.execPath, KEYS], { encoding: 'utf8', env: keysEnv });
    const { path, env } = findRedis(process.env, () => undefined);
    // Compose writes $ as $$.
    const [shell, ...args] = services['redis-queue']!.entrypoint.map((part) =>
      part.replaceAll('$$', '$').replaceAll('/keys/', `${folder}/`).replaceAll('/tmp/password.conf', `${folder}/conf`),
    );
    server = spawn(shell!, [...args, '--port', String(port), '--save', ''], {
      env: { ...env, SERVER: path },
      cwd: folder,
      stdio: 'ignore',
    });
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
