/** `barkeep status --watch`: prints a session, or all of them, whenever the state changes. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CoordinatorClient } from '@barkeep/client';
import { EXIT, type OutputOptions } from '../terminal/index.js';
import { ENDED, sessionsTable, sessionText } from '../report/index.js';

const POLL_MS = 1_000;
const CLEAR_SCREEN = '\u001B[2J\u001B[H';

/** Ends with the session; a list of sessions is watched until Ctrl-C. Under --json each change is one line. */
export async function watchStatus(
  client: CoordinatorClient,
  id: string | undefined,
  options: OutputOptions,
  signal: AbortSignal,
): Promise<number> {
  let before = '';
  for (;;) {
    const sessions = id === undefined ? await client.sessions() : [await client.session(id)];
    const [one] = sessions;
    const value = id === undefined ? { sessions: sessions.map(({ raw }) => raw) } : one?.raw;
    const text = options.json
      ? JSON.stringify(value)
      : id === undefined || one === undefined
        ? sessionsTable(sessions)
        : sessionText(one);
    if (text !== before) process.stdout.write(`${!options.json && process.stdout.isTTY ? CLEAR_SCREEN : ''}${text}\n`);
    before = text;
    if (id !== undefined && one !== undefined && ENDED.has(one.state)) return EXIT.ok;
    await delay(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
