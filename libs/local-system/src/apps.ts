/** Starts coordinators and workers on given servers, and stops the workers before the coordinators. Does not start or stop servers. */
import { join } from 'node:path';
import { serviceEnvironment, type ServiceUrls } from '@barkeep/service';
import { AppProcess } from './app-process.js';
import { AppStartError } from './errors.js';
import { programFile } from './paths.js';
import type { Scope } from './scope.js';

interface AppsWanted {
  coordinators: number;
  workers: number;
  /** Port of the first coordinator; 0 takes a free one. The others always take a free one. */
  port: number;
  /** Environment of the apps, without service URLs. */
  env: NodeJS.ProcessEnv;
  logFolder: string;
  /** Arguments for the Node of each coordinator, such as `--cpu-prof`. */
  coordinatorArgs?: readonly string[];
  /** Receives a line for each unexpected end and each restart. */
  note: (line: string) => void;
}

export interface Apps {
  /** Addresses of the coordinators; the first has the wanted port. */
  urls: string[];
  processes: readonly AppProcess[];
}

/** Starts the apps and resolves when all serve. @throws AppStartError when one does not; the scope then stops the others */
export async function startApps(urls: ServiceUrls, wanted: AppsWanted, scope: Scope): Promise<Apps> {
  const env = { ...wanted.env, ...serviceEnvironment(urls) };
  const coordinators = Array.from({ length: wanted.coordinators }, (_, index) =>
    appProcess('coordinator', index, wanted, { ...env, BARKEEP_PORT: String(index === 0 ? wanted.port : 0) }),
  );
  // Workers on one machine cannot share a port: the first gets BARKEEP_WORKER_PORT, the others the ports after it.
  const workerPort = Number(env['BARKEEP_WORKER_PORT'] ?? 0);
  const workers = Array.from({ length: wanted.workers }, (_, index) =>
    appProcess('worker', index, wanted, {
      ...env,
      BARKEEP_PORT: '0',
      ...(workerPort > 0 && { BARKEEP_WORKER_PORT: String(workerPort + index) }),
    }),
  );
  const processes = [...coordinators, ...workers];
  const killAll = (): void => processes.forEach((app) => app.kill());
  process.once('exit', killAll);
  // The scope runs these from the last to the first: an exit while the apps stop still kills all.
  scope.onEnd(() => Promise.resolve(process.off('exit', killAll)));
  scope.onEnd(() => stopAll(coordinators, wanted.note));
  scope.onEnd(() => stopAll(workers, wanted.note));
  await startAll(processes, scope.signal);
  return { urls: coordinators.map(urlOf), processes };
}

/** The process of one app. It is not started. @param index of the app among those of its kind, from 0 */
function appProcess(kind: 'coordinator' | 'worker', index: number, wanted: AppsWanted, env: NodeJS.ProcessEnv) {
  const isCoordinator = kind === 'coordinator';
  const spec = {
    name: `${kind} ${index + 1}`,
    entry: programFile(isCoordinator ? 'coordinator' : 'upkeep-worker'),
    env,
    logFile: join(wanted.logFolder, `${kind}-${index + 1}.log`),
    nodeArgs: isCoordinator ? wanted.coordinatorArgs : undefined,
  };
  return new AppProcess(spec, wanted.note);
}

/** Starts the processes at the same time. An abort stops those that are starting: an app may wait for a server that is away. */
async function startAll(processes: readonly AppProcess[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const starts = processes.map((app) => app.start());
  const stopStarting = (): void => processes.forEach((app) => void app.stop());
  signal.addEventListener('abort', stopStarting);
  await Promise.allSettled(starts); // so that no process is still starting when the scope stops all
  signal.removeEventListener('abort', stopStarting);
  await Promise.all(starts); // throws when one did not start
  signal.throwIfAborted();
}

async function stopAll(apps: readonly AppProcess[], note: (line: string) => void): Promise<void> {
  const ended = await Promise.all(apps.map(async (app) => ({ app, inOrder: await app.stop() })));
  for (const { app, inOrder } of ended)
    if (!inOrder) note(`${app.spec.name} did not stop in order; its log: ${app.spec.logFile}`);
}

function urlOf(app: AppProcess): string {
  if (app.url === undefined) throw new AppStartError(app.spec.name, 'expected it to report its address, was none');
  return app.url.replace(/\/$/, '');
}
