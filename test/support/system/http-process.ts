/** A coordinator as a user starts it: the built program, in a separate process. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';

const PROGRAM = join(__dirname, '../../../apps/coordinator/dist/main.js');
const readyMessage = z.object({ ready: z.literal(true), url: z.string() });

export interface CoordinatorProcess {
  url: string;
  child: ChildProcess;
  /** The output of the process so far. */
  output: () => string;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
}

/** Starts the program on a free port with separate key prefixes; the caller waits for what it expects. */
export function coordinatorProcess(environment: NodeJS.ProcessEnv): { child: ChildProcess; output: () => string } {
  const prefix = `e2e-${randomUUID()}`;
  const own = { BARKEEP_PORT: '0', BARKEEP_QUEUE_PREFIX: prefix, BARKEEP_SESSION_PREFIX: prefix };
  const child = fork(PROGRAM, {
    env: { ...process.env, ...own, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

/**
 * Starts {@link coordinatorProcess} and waits until it is ready. @throws an error with its output when it ends instead
 */
export async function startCoordinatorProcess(environment: NodeJS.ProcessEnv): Promise<CoordinatorProcess> {
  const { child, output } = coordinatorProcess(environment);
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the coordinator ended: ${output()}`);
  });
  ended.catch(() => undefined);
  const [message] = await Promise.race([once(child, 'message'), ended]);
  const { url } = readyMessage.parse(message);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { url, child, output, stop };
}
