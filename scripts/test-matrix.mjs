/**
 * Runs the integration tests on chosen versions of Node, Redis or Valkey, and PostgreSQL, and writes the results into
 * docs/support.md.
 *
 *   npm run test:matrix                                                  all combinations
 *   npm run test:matrix -- --node 22 --redis redis:7.0 --postgres 15     chosen combinations; an option may be repeated
 *   npm run test:matrix -- … --only session-data-clock                   only test files whose path has this pattern
 *
 * Node comes from npm. The servers run in containers of a Docker engine (engine/engine.mjs), except PostgreSQL 18, which is
 * the embedded server. The versions in the table are those that the servers themselves report.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { ensureImages, openEngine } from './engine/engine.mjs';

const ROOT = join(import.meta.dirname, '..');
const SUPPORT = join(ROOT, 'docs/support.md');
/** The rows of the table are between these lines. */
const [BEGIN, END] = ['<!-- test:matrix -->', '<!-- /test:matrix -->'];
const NODES = ['20.19', '22', '24'];
const REDIS = ['redis:7.0', 'redis:8', 'valkey/valkey:8'];
const POSTGRES = ['15', '17', '18'];
const EMBEDDED = '18';
const READY_LIMIT_MS = 60_000;
const CHECK_MS = 250;

const options = new Command('test:matrix')
  .description(
    'Runs the integration tests on chosen versions of servers and Node, and writes the results into docs/support.md.',
  )
  .option('--node <version...>', 'versions of Node', NODES)
  .option('--redis <image...>', 'images of Redis or Valkey', REDIS)
  .option('--postgres <version...>', `versions of PostgreSQL; ${EMBEDDED} is the embedded one`, POSTGRES)
  .option('--only <pattern>', 'only test files whose path has this pattern')
  .parse()
  .opts();

const docker = (...args) => execFileSync('docker', args, { encoding: 'utf8' }).trim();

/** The folder with this version of Node's program, installed from npm when it is not there. */
function nodeFolder(version) {
  const folder = join(ROOT, '.barkeep/node', version);
  const bin = join(folder, 'node_modules/node/bin');
  if (!existsSync(join(bin, 'node'))) {
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['install', '--silent', '--no-save', '--prefix', folder, `node@${version}`], {
      stdio: 'inherit',
    });
  }
  return bin;
}

/**
 * Starts a server in a container and waits until it answers. @param port of the server in the container
 * @param args of `docker run`, from the image on or before it @param isReady command in the container that then succeeds
 * @returns its container and its address on this machine
 */
async function startServer(image, port, args, isReady) {
  const container = docker('run', '--detach', '--rm', '--publish', `127.0.0.1::${port}`, ...args);
  for (const deadline = Date.now() + READY_LIMIT_MS; ; await delay(CHECK_MS)) {
    if (spawnSync('docker', ['exec', container, ...isReady], { stdio: 'ignore' }).status === 0) break;
    if (Date.now() > deadline) throw new Error(`expected ${image} to answer within ${READY_LIMIT_MS} ms`);
  }
  return { container, address: docker('port', container, `${port}/tcp`).split('\n')[0] };
}

function startRedis(image) {
  const name = image.startsWith('valkey') ? 'valkey' : 'redis';
  return startServer(
    image,
    6379,
    [image, `${name}-server`, '--save', '', '--protected-mode', 'no'],
    [`${name}-cli`, 'ping'],
  );
}

function startPostgres(version) {
  const image = `postgres:${version}`;
  const variables = ['USER', 'PASSWORD', 'DB'].flatMap((name) => ['--env', `POSTGRES_${name}=barkeep`]);
  // Over TCP: the server that only initializes the data listens on its socket alone.
  const isReady = ['pg_isready', '--host=127.0.0.1', '--username=barkeep'];
  return startServer(image, 5432, ['--user', 'postgres', ...variables, image], isReady);
}

/** Runs the tests on a Node and on servers. @returns {{ passed: number, failed: number }} */
function runTests(bin, urls) {
  const folder = mkdtempSync(join(tmpdir(), 'barkeep-matrix-'));
  const file = join(folder, 'jest.json');
  const env = { ...process.env, ...urls, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const patterns = options.only === undefined ? [] : ['--testPathPatterns', options.only];
  const args = ['--selectProjects', 'integration', '--forceExit', '--json', `--outputFile=${file}`, ...patterns];
  spawnSync(join(bin, 'node'), [join(ROOT, 'node_modules/jest/bin/jest.js'), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  rmSync(folder, { recursive: true });
  if (results === undefined) return { passed: 0, failed: 1 };
  return { passed: results.numPassedTests, failed: results.numFailedTests + results.numRuntimeErrorTestSuites };
}

/** The versions that the servers and Node answer with. */
async function versions(bin, urls) {
  const { inspectPostgres, inspectRedis } = await import('@barkeep/local-system');
  return {
    node: execFileSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).trim().slice(1),
    redis: (await inspectRedis(urls.REDIS_URL)).version,
    postgres: urls.DATABASE_URL
      ? (await inspectPostgres(urls.DATABASE_URL)).version
      : `PostgreSQL ${EMBEDDED} (embedded)`,
  };
}

/** Runs the tests on one combination. @returns the row of the table: versions, and counts of tests */
async function runCell({ node, redis, postgres }) {
  const bin = nodeFolder(node);
  const started = [await startRedis(redis)];
  try {
    const urls = { REDIS_URL: `redis://${started[0].address}/0`, SESSION_REDIS_URL: `redis://${started[0].address}/1` };
    if (postgres !== EMBEDDED) {
      started.push(await startPostgres(postgres));
      urls.DATABASE_URL = `postgres://barkeep:barkeep@${started[1].address}/barkeep`;
    }
    return { ...(await versions(bin, urls)), ...runTests(bin, urls) };
  } finally {
    for (const { container } of started) docker('rm', '--force', '--volumes', container);
  }
}

/** Writes or replaces the row of a combination; the other rows stay. */
function record({ node, redis, postgres, passed, failed }) {
  const text = readFileSync(SUPPORT, 'utf8');
  const [from, to] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  const [head, rule, ...rows] = text.slice(from, to).trim().split('\n');
  const combination = `| ${node} | ${redis} | ${postgres} |`;
  const unpadded = (row) => row.replaceAll(/ +/g, ' '); // prettier pads the cells of a table
  const tests =
    options.only === undefined ? 'all integration tests' : `files \`${options.only.replaceAll('|', '\\|')}\``;
  const row = `${combination} ${tests} | ${passed} passed, ${failed} failed | ${new Date().toISOString().slice(0, 10)} |`;
  const kept = rows.filter((other) => !unpadded(other).startsWith(combination));
  writeFileSync(SUPPORT, `${text.slice(0, from)}\n\n${[head, rule, ...kept, row].join('\n')}\n\n${text.slice(to)}`);
  spawnSync(join(ROOT, 'node_modules/.bin/prettier'), ['--write', SUPPORT], { stdio: 'ignore' });
  process.stdout.write(`${row}\n`);
}

const stop = await openEngine();
try {
  const containers = options.postgres.filter((version) => version !== EMBEDDED);
  ensureImages(options.redis.concat(containers.map((version) => `postgres:${version}`)));
  for (const node of options.node)
    for (const redis of options.redis)
      for (const postgres of options.postgres) {
        const result = await runCell({ node, redis, postgres });
        record(result);
        if (result.failed > 0 || result.passed === 0) process.exitCode = 1;
      }
} finally {
  await stop();
}
