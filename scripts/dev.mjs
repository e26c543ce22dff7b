/**
 * `npm run dev`: runs the whole system and rebuilds it when sources change. Starts a coordinator, an upkeep worker, and the
 * servers that the environment does not name. After a change of a source file it builds, and the processes that loaded the
 * file restart. Data stays in `.barkeep/dev`. Ctrl-C stops everything in order; another one kills the programs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT, runPrepared } from './prepare.mjs';

const DEFAULT_PORT = '3000';
const STOP_LIMIT_MS = 15_000;
/** An editor may write several files at once, so a build starts only when no file was written for this long. */
const SETTLE_MS = 100;
const require = createRequire(import.meta.url);

const note = (line) => process.stderr.write(`dev: ${line}\n`);

/** Sends a signal to a program and its children. */
function signal(child, name) {
  try {
    process.kill(-child.pid, name);
  } catch {
    // it has just ended
  }
}

/** Ends a program and its children, and kills them after a limit. */
async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const killer = setTimeout(() => signal(child, 'SIGKILL'), STOP_LIMIT_MS);
  signal(child, 'SIGTERM');
  await once(child, 'exit');
  clearTimeout(killer);
}

/** Calls `act` with the name of the signal at each signal that asks this process to end. */
function onSignal(act) {
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, act);
}

/**
 * Runs builds, one at a time. The compiler's own watch is not used: it notices a change up to a minute later, and outlives a SIGTERM.
 */
class Builder {
  #build;
  /** True when sources have changed since the running build started: the next build starts when it ends. */
  #isStale = false;

  /** Builds now, or after the running build. */
  run() {
    this.#isStale = this.#build !== undefined;
    if (this.#isStale) return;
    this.#build = spawn('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
    this.#build.once('exit', (code) => {
      this.#build = undefined;
      note(code === 0 ? 'built' : 'the build failed; the programs keep their last build');
      if (this.#isStale) this.run();
    });
  }

  /** Waits for the running build, and starts no other. */
  async stop() {
    this.#isStale = false;
    if (this.#build) await once(this.#build, 'exit');
  }
}

/** Calls `act` after changes of sources below libs/ and apps/. @returns a function that ends the watch */
function watchSources(act) {
  let timer;
  // lua-texts.ts is left out, because the build itself writes it.
  const isSource = (file) => /^[^/]+\/src\//.test(file) && !file.endsWith('.test.ts') && !file.endsWith('lua-texts.ts');
  const watchers = ['libs', 'apps'].map((folder) =>
    watch(join(ROOT, folder), { recursive: true }, (_event, file) => {
      if (!file || !isSource(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => act(), SETTLE_MS);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

async function develop() {
  // Loaded only here, because the build has to make these packages first.
  const { SAME_INTERRUPTION_MS, startServices } = require('@barkeep/local-system');
  const { serviceEnvironment } = require('@barkeep/service');
  const signalled = new Promise((resolve) => onSignal(resolve)); // the first signal; later ones change nothing
  const services = await startServices({ dataDir: join(ROOT, '.barkeep/dev'), keep: true, log: note });
  const env = { BARKEEP_PORT: DEFAULT_PORT, ...process.env, ...serviceEnvironment(services) };
  const builder = new Builder();
  const stopWatching = watchSources(() => builder.run());
  // Each program has its own process group, so that a Ctrl-C reaches only this process.
  const options = { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true };
  const apps = ['coordinator', 'upkeep-worker'].map((app) =>
    spawn(process.execPath, ['--watch', '--watch-preserve-output', `apps/${app}/dist/main.js`], options),
  );
  note(`coordinator at http://127.0.0.1:${env.BARKEEP_PORT}, its API at /docs; Ctrl-C stops everything`);
  for (const [name, url] of Object.entries(serviceEnvironment(services))) note(`${name}=${url}`);
  const signalName = await signalled;
  note(`stopping after ${signalName}`);
  const interruptedAt = performance.now();
  onSignal(() => {
    // One Ctrl-C arrives twice, from the terminal and from npm. So a signal that follows at once is not a second Ctrl-C.
    if (performance.now() - interruptedAt > SAME_INTERRUPTION_MS) apps.forEach((app) => signal(app, 'SIGKILL'));
  });
  stopWatching();
  await builder.stop();
  await Promise.all(apps.map(stop));
  await services.stop();
}

void runPrepared('dev', develop);
