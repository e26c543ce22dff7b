/**
 * An instance that this process owns: its folder, its state on disk, and its running servers.
 *
 * Guarantees: one owner at a time; a spawned server is recorded before this process waits for it; `stop` ends all servers in
 * bounded time; a process that exits without `stop` still signals its servers; a server that dies is started again, with the data on
 * its disk. Does not decide which servers run.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '@barkeep/service';
import { AlreadyRunningError, DataFolderError } from '../errors.js';
import { lowDiskText } from '../disk-space.js';
import { RestartDelay } from '../restart-delay.js';
import { canReach, postgresAccount } from './account.js';
import { makeFolder, reachableFolder } from './folders.js';
import {
  claim,
  type InstanceState,
  KEPT_NAME,
  type Log,
  readState,
  TEMPORARY_PREFIX,
  updateState,
} from './instance.js';
import { askToEnd, endServer, isRunning, markOf } from './processes.js';
import type { ServerProcess } from './server-process.js';
import { closeInstance, removeFolder, sweepInstance } from './sweep.js';

/** Time that a server gets to end in order before it is killed. */
const STOP_LIMIT_MS = 5000;
/** How many times to claim the instance. A claim fails when a dead owner left a state, which is then swept. */
const CLAIMS_MAX = 5;

/** The folder of PostgreSQL's data: the instance folder, unless PostgreSQL's account cannot reach it. */
function placeFor(folder: string, keep: boolean): string {
  const account = postgresAccount();
  if (canReach(folder, account)) return folder;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(reachableFolder(account, keep), `data-${name}`);
}

/**
 * Records in `folder` that PostgreSQL's data are in another place. A folder without this record is new. So data in `place` were left by a
 * deleted folder of the same path, and are removed.
 */
function recordPlace(folder: string, place: string, log: Log): void {
  const record = join(folder, 'postgres-data-is-in');
  if (place === folder || existsSync(record)) return;
  removeFolder(place);
  writeFileSync(record, `${place}\n`);
  log(`PostgreSQL's data go to ${place}: its account cannot enter ${folder}`);
}

/** Makes this process the owner of an instance. @throws AlreadyRunningError when a live process owns it, DataFolderError */
export async function takeInstance(dataDir: string, keep: boolean, log: Log): Promise<Instance> {
  const name = keep ? KEPT_NAME : `${TEMPORARY_PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`;
  const folder = join(dataDir, name);
  try {
    makeFolder(folder);
  } catch (error) {
    throw new DataFolderError(`expected a folder that can be written at ${folder}, was: ${errorText(error)}`);
  }
  const state = { owner: markOf(process.pid), keep, place: placeFor(folder, keep), servers: [], extra: {} };
  for (let claims = 0; claims < CLAIMS_MAX; claims++) {
    if (claim(folder, state)) {
      recordPlace(folder, state.place, keep ? log : () => undefined);
      return new Instance(folder, state, log);
    }
    const other = readState(folder);
    if (other !== undefined && isRunning(other.owner)) throw new AlreadyRunningError(dataDir, other.owner.pid);
    if (other !== undefined) await sweepInstance(folder, other, log);
  }
  throw new DataFolderError(`expected a readable instance.json in ${folder}, was: an invalid one; remove it`);
}

/** The running instance of one start: records its servers and stops them in order. */
export class Instance {
  private stopping: Promise<void> | undefined;
  private readonly onExit = () => this.state.servers.forEach(askToEnd);

  constructor(
    readonly folder: string,
    private state: InstanceState,
    private readonly log: Log,
  ) {
    process.once('exit', this.onExit);
  }

  /** Folder of PostgreSQL's data. */
  get place(): string {
    return this.state.place;
  }

  /** Replaces parts of the state on disk. Does nothing once the instance stops. */
  update(change: Partial<InstanceState>): void {
    if (this.stopping !== undefined) return;
    this.state = { ...this.state, ...change };
    updateState(this.folder, this.state);
  }

  /** Adds values that other processes can read, such as the coordinator's address. */
  publish(extra: Readonly<Record<string, unknown>>): void {
    this.update({ extra: { ...this.state.extra, ...extra } });
  }

  /** Called for each server as soon as its process exists, so that the next start finds it after a crash. */
  readonly spawned = (server: ServerProcess, delay = new RestartDelay()): void => {
    const spawnedAt = Date.now();
    void server.exited.then((how) => this.onServerEnd(server, how, Date.now() - spawnedAt, delay));
    this.update({ servers: [...this.state.servers.filter(isRunning), server.mark] });
  };

  /** Reports the end of a server. Starts it again, with the data on its disk, unless the instance is still starting or stops. */
  private onServerEnd(server: ServerProcess, how: string, ranMs: number, delay: RestartDelay): void {
    if (this.stopping !== undefined) return;
    const { name, pid } = server.mark;
    const lowDisk = lowDiskText(this.place) ?? lowDiskText(this.folder); // Redis has its data in the folder
    const ended = [`${name} (${pid}) ${how}`, lowDisk ?? []].flat().join('; ');
    if (this.state.urls === undefined) return this.log(ended);
    const waitMs = delay.next(ranMs);
    this.log(`${ended}; starting it again in ${waitMs / 1000} s`);
    const restart = (): void => {
      if (this.stopping !== undefined) return;
      server.respawn().then(
        (again) => this.spawnedAgain(again, delay),
        (error: unknown) => this.onServerEnd(server, errorText(error), 0, delay),
      );
    };
    setTimeout(restart, waitMs).unref();
  }

  /** Records a server that was started again. Ends it when that fails, as on a full disk; its end leads to the next attempt. */
  private spawnedAgain(server: ServerProcess, delay: RestartDelay): void {
    try {
      this.spawned(server, delay);
    } catch (error) {
      this.log(`${server.mark.name} (${server.mark.pid}) is stopped again: ${errorText(error)}`);
      askToEnd(server.mark);
    }
  }

  /** Stops the servers, Redis first. Every call returns the promise of the same stop. */
  stop(): Promise<void> {
    return (this.stopping ??= this.end());
  }

  private async end(): Promise<void> {
    const inOrder = this.state.servers.toSorted((a, b) => b.name.localeCompare(a.name)); // redis, then postgres
    for (const server of inOrder) await endServer(server, STOP_LIMIT_MS);
    process.removeListener('exit', this.onExit);
    closeInstance(this.folder, this.state);
  }
}
