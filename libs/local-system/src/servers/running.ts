/** Finds the running instance of a data folder, for programs that use its servers. */
import { join, resolve } from 'node:path';
import type { ServiceUrls } from '@barkeep/service';
import { keptName, readState } from './instance.js';
import { isRunning } from './processes.js';

/** A live instance, as its owner describes it. */
export interface RunningServices extends ServiceUrls {
  /** Process that owns the servers. */
  readonly pid: number;
  /** Values that the owner published. Another process wrote them, so check them before use. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** The instance with `keep: true` that runs in `dataDir` now; `undefined` when there is none or it is still starting. */
export function readRunning(dataDir: string): RunningServices | undefined {
  const state = readState(join(resolve(dataDir), keptName));
  if (state?.urls === undefined || !isRunning(state.owner)) return undefined;
  return { ...state.urls, pid: state.owner.pid, extra: state.extra };
}
