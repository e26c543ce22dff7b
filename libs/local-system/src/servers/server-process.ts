/**
 * Runs a server as a child process, with its output in a log file. The child has its own process group, so that a Ctrl-C in the terminal
 * reaches only this process. `redis.ts` and `postgres.ts` decide what runs; `sweep.ts` stops servers after a crash.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText } from '@barkeep/service';
import type { Account } from './account.js';
import { ServerStartError } from '../errors.js';
import { endServer, markOf, type ServerMark } from './processes.js';

/** The error for a server that does not start has this many lines from the end of its log. */
const OUTPUT_LINES = 12;
/** Time that a server that does not start gets to end in order before it is killed. */
const GRACE_MS = 5_000;
/** Ports that {@link withFreePort} tries. */
const PORTS_MAX = 5;
const PROBE_EVERY_MS = 15;

/** What to spawn. `proof` is a path among the arguments that identifies the process later. */
interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly proof: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly account?: Account | undefined;
}

export interface ServerProcess {
  readonly mark: ServerMark;
  /** Resolves with a description when the process ends. */
  readonly exited: Promise<string>;
  /** Spawns the server again, with the same port and data. Its log continues. @throws ServerStartError when the program cannot run */
  readonly respawn: () => Promise<ServerProcess>;
}

/**
 * Spawns a server. The child does not keep the event loop alive.
 * @param logFlags `w` empties the log, `a` appends to it @throws ServerStartError when the program cannot run
 */
export async function spawnServer(command: ServerCommand, logFlags: 'w' | 'a' = 'w'): Promise<ServerProcess> {
  const log = openSync(command.logFile, logFlags, 0o600);
  const child = spawn(command.command, command.args, {
    cwd: command.cwd,
    env: command.env,
    stdio: ['ignore', log, log],
    detached: true,
    ...command.account,
  });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `ended with exit code ${code}` : `ended by ${signal}`),
    );
    // This listener stays for the life of the child: a later error, such as a failed kill, must not end this process.
    child.on('error', (error) => resolve(error.message));
  });
  if (child.pid === undefined) throw new ServerStartError(command.name, await exited, '');
  child.unref();
  const mark = { ...markOf(child.pid), name: command.name, proof: command.proof };
  return { mark, exited, respawn: () => spawnServer(command, 'a') };
}

/**
 * Spawns a server and waits until `probe` succeeds; ends a server that does not get ready.
 * @param spawned called as soon as its process exists
 * @throws ServerStartError when the server ends first, or after `limitMs`
 */
export async function startServer(
  command: ServerCommand,
  spawned: (server: ServerProcess) => void,
  probe: () => Promise<void>,
  limitMs: number,
): Promise<void> {
  const server = await spawnServer(command);
  spawned(server);
  let failure: string | undefined;
  void server.exited.then((how) => (failure ??= how)); // an earlier failure stays: after `no answer` the server is ended below
  const deadline = Date.now() + limitMs;
  while (failure === undefined) {
    try {
      return await probe();
    } catch (error) {
      if (Date.now() >= deadline) failure = `no answer in ${limitMs} ms (${errorText(error)})`;
    }
    await delay(PROBE_EVERY_MS);
  }
  const output = readFileSync(command.logFile, 'utf8').trimEnd().split('\n').slice(-OUTPUT_LINES).join('\n');
  await endServer(server.mark, GRACE_MS);
  throw new ServerStartError(command.name, failure, output);
}

/** A loopback port that is free now; another process may still take it before it is used. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs `start` with a free port. Tries another port when another process takes the port first. */
export async function withFreePort<T>(start: (port: number) => Promise<T>, triesLeft = PORTS_MAX): Promise<T> {
  try {
    return await start(await freePort());
  } catch (error) {
    if (triesLeft > 1 && error instanceof ServerStartError && error.portTaken)
      return withFreePort(start, triesLeft - 1);
    throw error;
  }
}
