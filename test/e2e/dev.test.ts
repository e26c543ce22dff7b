/** `npm run dev` stops its programs, also when a user interrupts it twice. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const DEV = join(__dirname, '../../scripts/dev.mjs');

/** Ids of the processes whose environment has this text. */
function processesWith(text: string): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(text);
    } catch {
      return false; // the process has ended
    }
  });
}

test('I11 a second Ctrl-C during the stop of "npm run dev" leaves none of its programs running', async () => {
  const prefix = `dev-${randomUUID()}`;
  const prefixes = { BARKEEP_QUEUE_PREFIX: prefix, BARKEEP_SESSION_PREFIX: prefix };
  const dev = spawn(process.execPath, [DEV], {
    env: { ...process.env, ...prefixes, BARKEEP_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const isEnded = once(dev, 'exit');
  let output = '';
  dev.stderr.on('data', (text: Buffer) => (output += String(text)));
  const hasPrinted = async (text: string) => {
    while (!output.includes(text)) await delay(20);
  };
  try {
    await hasPrinted('Ctrl-C stops everything');
    // This process, and for each of two programs the watching Node and the program.
    while (processesWith(prefix).length < 5) await delay(20);
    // A frozen program does not react to SIGTERM.
    for (const pid of processesWith(prefix)) if (pid !== dev.pid) process.kill(pid, 'SIGSTOP');
    dev.kill('SIGINT');
    await hasPrinted('stopping after SIGINT');
    dev.kill('SIGINT');
    await isEnded;
    const deadline = Date.now() + 10_000;
    while (processesWith(prefix).length > 0 && Date.now() < deadline) await delay(50);
    expect(processesWith(prefix)).toEqual([]);
  } finally {
    for (const pid of processesWith(prefix)) process.kill(pid, 'SIGKILL');
  }
}, 120_000);
