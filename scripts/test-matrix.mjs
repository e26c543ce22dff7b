/**
 * Runs the integration tests on chosen versions of Node, Redis or Valkey, and PostgreSQL, and writes the results into docs/support.md.
 *
 *   npm run test:matrix                                                  all combinations
 *   npm run test:matrix -- --node 22 --redis redis:7.0 --postgres 15     chosen combinations; an option may be repeated
 *   npm run test:matrix -- … --only session-data-clock                   only test files whose path has this pattern; writes nothing
 *
 * Node comes from npm. The servers run in containers of a Docker engine (engine/engine.mjs), except PostgreSQL 18, which is the embedded
 * server. The table has the versions that the servers report, and for the embedded one its major version.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Command } from 'commander';
import { ensureImages, openEngine } from './engine/engine.mjs';
import { postgresServer, redisServer, startInContainer } from './engine/servers.mjs';
import { documentWith, rowOf } from './support-table.mjs';

const ROOT = join(import.meta.dirname, '..');
const SUPPORT = join(ROOT, 'docs/support.md');
const NODES = ['20.19', '22', '24'];
const REDIS = ['redis:7.0', 'redis:8', 'valkey/valkey:8'];
const POSTGRES = ['15', '17', '18'];
/** The version of the embedded PostgreSQL, which needs no container. */
const EMBEDDED = '18';

const options = new Command('test:matrix')
  .description(
    'Runs the integration tests on chosen versions of servers and Node, and writes the results into docs/support.md.',
  )
  .option('--node <version...>', 'versions of Node', NODES)
  .option('--redis <image...>', 'images of Redis or Valkey', REDIS)
  .option('--postgres <version...>', `versions of PostgreSQL; ${EMBEDDED} is the embedded one`, POSTGRES)
  .option('--only <pattern>', 'only test files whose path has this pattern; writes nothing')
  .parse()
  .opts();

const stopEngine = await openEngine();
try {
  const postgresInContainers = options.postgres.filter((version) => version !== EMBEDDED);
  const servers = [...options.redis.map(redisServer), ...postgresInContainers.map(postgresServer)];
  ensureImages(servers.map(({ image }) => image));
  for (const node of options.node)
    for (const redis of options.redis)
      for (const postgres of options.postgres) {
        const result = await runCombination({ node, redis, postgres });
        record({ ...result, date: new Date().toISOString().slice(0, 10), only: options.only });
        if (result.failed > 0 || result.passed === 0) process.exitCode = 1;
      }
} finally {
  await stopEngine();
}

/** Runs the tests on one combination. @returns the row of the table: versions, and counts of tests */
async function runCombination({ node, redis, postgres }) {
  const bin = nodeFolder(node);
  const containers = [];
  const start = async (server) => {
    containers.push(await startInContainer(server));
    return containers.at(-1).address;
  };
  try {
    const redisUrl = `redis://${await start(redisServer(redis))}`;
    const isEmbedded = postgres === EMBEDDED;
    // An empty address makes the tests start the embedded server. It replaces an address in the user's environment.
    const databaseUrl = isEmbedded ? '' : `postgres://barkeep:barkeep@${await start(postgresServer(postgres))}/barkeep`;
    const urls = { REDIS_URL: `${redisUrl}/0`, SESSION_REDIS_URL: `${redisUrl}/1`, DATABASE_URL: databaseUrl };
    return { ...(await versions(bin, urls)), ...runTests(bin, urls) };
  } finally {
    for (const { remove } of containers) remove();
  }
}

/** The folder with this version of Node's program, installed from npm when it is not there. */
function nodeFolder(version) {
  const folder = join(ROOT, '.barkeep/node', version);
  const bin = join(folder, 'node_modules/node/bin');
  if (!existsSync(join(bin, 'node'))) {
    mkdirSync(folder, { recursive: true });
    const install = ['install', '--silent', '--no-save', '--prefix', folder, `node@${version}`];
    execFileSync('npm', install, { stdio: 'inherit' });
  }
  return bin;
}

/** The versions that the servers and Node answer with. */
async function versions(bin, urls) {
  const { inspectPostgres, inspectRedis } = await import('@barkeep/local-system');
  const isEmbedded = urls.DATABASE_URL === '';
  return {
    node: execFileSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).trim().slice(1),
    redis: (await inspectRedis(urls.REDIS_URL)).version,
    postgres: isEmbedded ? `PostgreSQL ${EMBEDDED} (embedded)` : (await inspectPostgres(urls.DATABASE_URL)).version,
  };
}

/** Runs the tests on a Node and on servers. @returns {{ passed: number, failed: number }} */
function runTests(bin, urls) {
  const folder = mkdtempSync(join(tmpdir(), 'barkeep-matrix-'));
  const file = join(folder, 'jest.json');
  const jest = [join(ROOT, 'node_modules/jest/bin/jest.js'), '--selectProjects', 'integration', '--forceExit'];
  const only = options.only === undefined ? [] : ['--testPathPatterns', options.only];
  spawnSync(join(bin, 'node'), [...jest, '--json', `--outputFile=${file}`, ...only], {
    cwd: ROOT,
    env: { ...process.env, ...urls, PATH: `${bin}${delimiter}${process.env.PATH}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  rmSync(folder, { recursive: true });
  if (results === undefined) return { passed: 0, failed: 1 };
  return { passed: results.numPassedTests, failed: results.numFailedTests + results.numRuntimeErrorTestSuites };
}

/** Prints a result, and writes it into docs/support.md. */
function record(result) {
  process.stdout.write(`${rowOf(result)}\n`);
  writeFileSync(SUPPORT, documentWith(readFileSync(SUPPORT, 'utf8'), result));
  spawnSync(join(ROOT, 'node_modules/.bin/prettier'), ['--write', SUPPORT], { stdio: 'ignore' });
}
