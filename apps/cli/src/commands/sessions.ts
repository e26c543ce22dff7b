/** `barkeep status | digest | rm | pause | resume | stop`: commands that act on one session; `status` without an id lists all. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CoordinatorClient, LifecycleCall } from '@barkeep/client';
import { formatCount, note, printResult } from '../terminal/index.js';
import { END_STATES, sessionsTable, sessionText } from '../report/index.js';
import { type CliCommand, coordinatorCommand, sessionCommand, type SessionOptions } from './command.js';

const POLL_MS = 1_000;
const CLEAR_SCREEN = '\u001B[2J\u001B[H';

export const statusCommand = () =>
  coordinatorCommand(
    'status',
    'show a session, or all of them',
    '\nExamples:\n  barkeep status\n  barkeep status my-session --watch\n\nIf a session is waiting, it shows what for, since when, and what would help.',
  )
    .argument('[session]')
    .option('--watch', 'print the status each time it changes, until the session ends or you press Ctrl-C')
    .work(async (context, id: string | undefined, options: SessionOptions & { watch?: boolean }) => {
      const client = await context.existingCoordinator(options);
      const read = () => statusOf(client, id);
      if (options.watch) return watchStatus(read, options.json, context.life.signal);
      const { value, text } = await read();
      return printResult(options, value, () => text);
    });

/** The status of a session, or of all, as `value` for --json and as text. */
async function statusOf(client: CoordinatorClient, id: string | undefined) {
  if (id === undefined) {
    const sessions = await client.sessions();
    const value = { sessions: sessions.map(({ raw }) => raw) };
    return { value, text: sessionsTable(sessions), hasEnded: false };
  }
  const session = await client.session(id);
  return { value: session.raw, text: sessionText(session), hasEnded: END_STATES.has(session.state) };
}

/** Prints the status each time it changes; with `--json`, as one line of JSON. Returns when `read` finds that the session has ended. */
async function watchStatus(read: () => ReturnType<typeof statusOf>, json: boolean | undefined, signal: AbortSignal) {
  const clear = !json && process.stdout.isTTY ? CLEAR_SCREEN : '';
  let printed = '';
  for (;;) {
    const { value, text, hasEnded } = await read();
    const shown = json ? JSON.stringify(value) : text;
    if (shown !== printed) process.stdout.write(`${clear}${shown}\n`);
    printed = shown;
    if (hasEnded) return;
    await delay(POLL_MS, undefined, { signal });
  }
}

export const digestCommand = () =>
  sessionCommand(
    'digest',
    'print the SHA-256 of all bars of the days that a session has finished',
    '\nExample:\n  barkeep digest my-session\n\nTwo runs of the same spec over the same datasets have the same digest.',
  ).work(async (context, id: string, options: SessionOptions) => {
    const { raw, digest, bars, chunks } = await (await context.existingCoordinator(options)).digest(id);
    printResult(options, raw, () => `${digest}  ${formatCount(bars)} bars, ${formatCount(chunks)} chunks`);
  });

export const removeSessionCommand = () =>
  sessionCommand(
    'rm',
    'stop a session and remove all its data',
    '\nExample:\n  barkeep rm my-session\n\nDatasets are kept; "barkeep dataset rm" removes one.',
  ).work(async (context, id: string, options: SessionOptions) => {
    await (await context.existingCoordinator(options)).remove(id);
    printResult(options, { id, removed: true }, () => `session ${id} removed`);
  });

export const lifecycleCommands = [
  lifecycleCommand('pause', 'pause a running session; "resume" continues it'),
  lifecycleCommand('resume', 'continue a paused session'),
  lifecycleCommand('stop', 'stop a session and keep its stored bars'),
];

function lifecycleCommand(action: LifecycleCall, description: string): () => CliCommand {
  return () =>
    sessionCommand(action, description, `\nExample:\n  barkeep ${action} my-session`).work(
      async (context, id: string, options: SessionOptions) => {
        const client = await context.existingCoordinator(options);
        await client.lifecycle(id, action);
        const session = await client.session(id);
        printResult(options, session.raw, () => sessionText(session));
        if (action === 'resume' && context.startedCoordinator)
          note(
            `the coordinator of this command ends now: ${id} continues when another one runs, such as that of "barkeep up"`,
          );
      },
    );
}
