/**
 * Runs a program with a Docker engine, and starts an engine if none runs (engine/engine.mjs describes how).
 *
 *   node scripts/engine.mjs -- PROGRAM ARGS…
 *
 * The program gets BARKEEP_COMPOSE_TESTS=1, and DOCKER_HOST unless Docker has an engine without it. The exit code is that of
 * the program, or 3 when no engine can run on this machine.
 */
import { spawnSync } from 'node:child_process';
import { ensureImages, openEngine } from './engine/engine.mjs';

const NO_ENGINE = 3;

const [program, ...args] = process.argv.slice(process.argv.indexOf('--') + 1);
/** Stops the engine if this script started it. */
let stop;
try {
  stop = await openEngine();
  ensureImages();
} catch (error) {
  process.stderr.write(`engine: ${error.message}\n`);
  process.exitCode = NO_ENGINE;
}
if (process.exitCode === undefined) {
  const env = { ...process.env, BARKEEP_COMPOSE_TESTS: '1' };
  process.exitCode = spawnSync(program, args, { stdio: 'inherit', env }).status ?? 1;
}
await stop?.();
