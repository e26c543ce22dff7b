/** `barkeep status --watch`: prints one session, or the list of all, each time it changes. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CoordinatorClient } from '@barkeep/client';
import { EXIT, type OutputOptions } from '../terminal/index.js';
import { ENDED, sessionsTable, sessionText } from '../report/index.js';

const POLL_MS = 1_000;
const CLEAR_SCREEN = '\u001B[2J\u001B[H';

/** Returns when the session ends. A list is watched until Ctrl-C. With --json each change is printed as one line. */
export async function watchStatus(
  client: CoordinatorClient,
  id: string | undefined,
  options: OutputOptions,
  signal: AbortSignal,
): Promise<number> {
  let printed = '';
  for (;;) {
    const sessions = id === undefined ? await client.sessions() : [await client.session(id)];
    const [session] = sessions;
    const value = id === undefined ? { sessions: sessions.map(({ raw }) => raw) } : session?.raw;
    const text = options.json
      ? JSON.stringify(value)
      : id === undefined || session === undefined
        ? sessionsTable(sessions)
        : sessionText(session);
    if (text !== printed) process.stdout.write(`${!options.json && process.stdout.isTTY ? CLEAR_SCREEN : ''}${text}\n`);
    printed = text;
    if (id !== undefined && session !== undefined && ENDED.has(session.state)) return EXIT.ok;
    await delay(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
