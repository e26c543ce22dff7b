/** `npm run dev` stops its programs, also when a user interrupts it twice. docs/ARCHITECTURE.md lists the invariants, such as I11. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const DEV = join(__dirname, '../../scripts/dev.mjs');
/** `dev` itself and, for each of two programs, the watching Node and the program that it starts. */
const PROCESSES = 5;
/** Time within which the killed programs must have ended. */
const END_MS = 10_000;

/** Ids of the processes whose environment has this text. */
function processesWith(text: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(text);
    } catch {
      return false; // the process has ended
    }
  });
}

test('I11 a second Ctrl-C during the stop of "npm run dev" leaves none of its programs running', async () => {
  // All processes of this run, and no others, have the prefix in their environment.
  const prefix = `dev-${randomUUID()}`;
  const prefixes = { BARKEEP_QUEUE_PREFIX: prefix, BARKEEP_SESSION_PREFIX: prefix };
  const dev = spawn(process.execPath, [DEV], {
    env: { ...process.env, ...prefixes, BARKEEP_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(dev, 'exit');
  let output = '';
  dev.stderr.on('data', (text: Buffer) => (output += String(text)));
  const untilPrinted = async (text: string) => {
    while (!output.includes(text)) await delay(20);
  };
  try {
    await untilPrinted('Ctrl-C stops everything');
    while (processesWith(prefix).length < PROCESSES) await delay(20);
    // Frozen programs do not react to the SIGTERM that follows the first Ctrl-C.
    const programs = processesWith(prefix).filter((pid) => pid !== dev.pid);
    for (const pid of programs) process.kill(pid, 'SIGSTOP');
    dev.kill('SIGINT');
    await untilPrinted('stopping after SIGINT');
    // npm sends each Ctrl-C twice, so `dev` ignores a second signal that follows at once. Only a later one counts as the second Ctrl-C.
    const again = setInterval(() => dev.kill('SIGINT'), 100);
    await ended;
    clearInterval(again);
    const deadline = Date.now() + END_MS;
    while (processesWith(prefix).length > 0 && Date.now() < deadline) await delay(50);
    expect(processesWith(prefix)).toEqual([]);
  } finally {
    for (const pid of processesWith(prefix)) process.kill(pid, 'SIGKILL');
  }
}, 120_000);
