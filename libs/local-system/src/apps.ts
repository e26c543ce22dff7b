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
  // Workers on one machine cannot share a port: the first gets BARKEEP_WORKER_PORT, the others the ports after it.
  const workerPort = Number(env['BARKEEP_WORKER_PORT'] ?? 0);
  const appsOf = (kind: string, count: number, entry: string, firstPort: number): AppProcess[] =>
    Array.from({ length: count }, (_, index) => {
      const name = `${kind} ${index + 1}`;
      const logFile = join(wanted.logFolder, `${kind}-${index + 1}.log`);
      const ports = {
        BARKEEP_PORT: String(index === 0 ? firstPort : 0),
        ...(workerPort > 0 && { BARKEEP_WORKER_PORT: String(workerPort + index) }),
      };
      return new AppProcess({ name, entry, env: { ...env, ...ports }, logFile }, wanted.note);
    });
  const coordinators = appsOf('coordinator', wanted.coordinators, programFile('coordinator'), wanted.port);
  const workers = appsOf('worker', wanted.workers, programFile('upkeep-worker'), 0);
  const processes = [...coordinators, ...workers];
  const killAll = (): void => processes.forEach((app) => app.kill());
  process.once('exit', killAll);
  // The scope runs these from the last to the first: an exit while the apps stop still kills all.
  scope.onEnd(() => Promise.resolve(process.off('exit', killAll)));
  scope.onEnd(() => stopAll(coordinators, wanted.note));
  scope.onEnd(() => stopAll(workers, wanted.note));
  scope.signal.throwIfAborted();
  const starts = processes.map((app) => app.start());
  // An app may wait for a server that is away, so an interruption ends the start.
  const stopStarting = (): void => processes.forEach((app) => void app.stop());
  scope.signal.addEventListener('abort', stopStarting);
  await Promise.allSettled(starts); // so that no process is still starting when the scope stops all
  scope.signal.removeEventListener('abort', stopStarting);
  await Promise.all(starts); // throws when one did not start
  scope.signal.throwIfAborted();
  return { urls: coordinators.map(urlOf), processes };
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
