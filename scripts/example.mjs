/**
 * `npm run example:NAME` runs `examples/NAME/run.mjs`. It makes the checkout ready, starts private servers unless REDIS_URL,
 * SESSION_REDIS_URL and DATABASE_URL name some, and runs the example. At the example's end, or when interrupted, it stops what it started.
 *
 * A `run.mjs` exports the asynchronous function `run(example)`; `example` is an {@link Example}. Only the example prints to stdout.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, runPrepared } from './prepare.mjs';

const BARKEEP = join(ROOT, 'apps/cli/bin/barkeep.js');
const require = createRequire(import.meta.url);
const note = (line) => process.stderr.write(`${line}\n`);

class Example {
  /**
   * @param fields `folder` of the example; `env` for its programs: where the servers are; `signal`, aborted when the user interrupts it;
   * `startApps()` starts a coordinator and a worker, and resolves with the coordinator's address
   */
  constructor(fields) {
    Object.assign(this, fields);
  }

  /** Prints a line for the user, on stderr. */
  note = note;

  /** Starts a coordinator and an upkeep worker on the servers, until the example ends. Programs find them by `env`. */
  async startBarkeep() {
    this.env = { ...this.env, BARKEEP_URL: await this.startApps() };
    this.signal.throwIfAborted();
  }

  /** Runs the `barkeep` command on the servers; it prints to stderr. @throws Error when it fails */
  barkeep(...args) {
    return this.exec(process.execPath, [BARKEEP, ...args], { stdout: process.stderr });
  }

  /** Runs a program to its end. @throws Error when it fails, or when the user interrupts it */
  async exec(program, args, { env = this.env, stdout = process.stdout } = {}) {
    this.signal.throwIfAborted();
    const child = spawn(program, args, { cwd: this.folder, env, stdio: ['ignore', stdout, 'inherit'] });
    const end = () => child.kill('SIGTERM');
    this.signal.addEventListener('abort', end, { once: true });
    try {
      const [code, signal] = await once(child, 'close');
      this.signal.throwIfAborted(); // a Ctrl-C also ends the program
      if (code !== 0) throw new Error(`expected ${program} to succeed, was ${signal ?? `exit code ${code}`}`);
    } finally {
      this.signal.removeEventListener('abort', end);
    }
  }
}

async function runExample(name) {
  const { Scope, startApps, startServices } = require('@barkeep/local-system');
  const { serviceEnvironment } = require('@barkeep/service');
  const scope = new Scope();
  const interrupt = (signal) => scope.abort(new Error(`interrupted by ${signal}`));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const folder = join(ROOT, 'examples', name);
  const { run } = await import(pathToFileURL(join(folder, 'run.mjs')).href); // a path may have a # or a %
  const dataDir = join(ROOT, '.barkeep/examples');
  const services = await startServices({ dataDir, keep: false, log: note });
  scope.onEnd(() => services.stop());
  try {
    // BARKEEP_URL is left out: a coordinator that runs elsewhere does not use these servers.
    const { BARKEEP_URL: _, ...otherVariables } = process.env;
    const env = { ...otherVariables, ...serviceEnvironment(services) };
    const wanted = { coordinators: 1, workers: 1, port: 0, env, logFolder: join(dataDir, 'logs'), note };
    const startLocalApps = async () => (await startApps(services, wanted, scope)).urls[0];
    await run(new Example({ folder, env, signal: scope.signal, startApps: startLocalApps }));
  } catch (error) {
    scope.signal.throwIfAborted(); // errors that the interruption caused are not reported
    throw error;
  } finally {
    await scope.end();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

void runPrepared('example', () => runExample(process.argv[2] ?? ''));
