/** How `runBacktest` ends: by errors, by signals and by close(). It leaves nothing behind on the servers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@barkeep/client';
import { SAME_INTERRUPTION_MS } from '@barkeep/local-system';
import { Backtests, bars, market, SPEC } from '../support/programs/backtests.js';
import { outputUntil } from '../support/programs/output-until.js';

const CLIENT = join(__dirname, '../../libs/client/dist/index.js');

let runs: Backtests;
beforeAll(async () => (runs = await Backtests.create(8)));
afterAll(() => runs.close());

/**
 * Runs a script, and sends it the signal when its output matches `printed`, and again after `againAfterMs`.
 * @returns its exit code, and the signal that ended it
 */
async function exitAfter(
  signal: NodeJS.Signals,
  script: string,
  printed: RegExp,
  againAfterMs?: number,
): Promise<unknown[]> {
  const child = spawn(process.execPath, ['-'], { env: runs.env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(script);
  const exit = once(child, 'exit');
  await outputUntil(child.stdout, printed);
  child.kill(signal);
  if (againAfterMs !== undefined) {
    await delay(againAfterMs);
    child.kill(signal);
  }
  return exit;
}

describe('runBacktest', () => {
  it('rejects soon when the environment names a server that cannot be reached', async () => {
    const wrong = { ...runs.env, SESSION_REDIS_URL: 'redis://127.0.0.1:1/0' };
    await expect(runs.run({ env: wrong })).rejects.toThrow('expected Redis at 127.0.0.1:1 (SESSION_REDIS_URL), was: ');
  }, 20_000);

  it('rejects with the error that a step throws, and leaves nothing behind', async () => {
    const failure = new Error('the strategy is wrong');
    let steps = 0;
    const failing = runs.run({
      onStep: () => {
        if (++steps === 100) throw failure;
      },
    });
    await expect(failing).rejects.toBe(failure);
    expect(steps).toBe(100);
    expect(await runs.leftovers()).toEqual([]);
  });

  it.each([undefined, 'text'])('rejects with %p when a step throws it', async (thrown) => {
    await expect(runs.run({ onStep: () => Promise.reject(thrown as unknown as Error) })).rejects.toBe(thrown);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind after %s, which ends the process', async (signal) => {
    const script = `
      const { runBacktest } = require(${JSON.stringify(CLIENT)});
      const onStep = () => new Promise(() => process.stdout.write('step')); // waits without end
      const wait = { spec: ${JSON.stringify(SPEC)}, bars: ${JSON.stringify(bars)}, onStep };
      void Promise.all([runBacktest(wait), runBacktest(wait)]);`;
    expect(await exitAfter(signal, script, /^stepstep$/)).toEqual([null, signal]);
    expect(await runs.leftovers()).toEqual([]);
  });

  it('sends no further signal to a listener of the program that got two while the run ended', async () => {
    const script = `
      const { runBacktest } = require(${JSON.stringify(CLIENT)});
      let signals = 0;
      const getBars = () => new Promise(() => { // never answers, so that the worker takes seconds to stop
        if (process.listenerCount('SIGINT') > 1) return;
        process.on('SIGINT', () => signals++);
        process.stdout.write('asked');
      });
      const run = { spec: ${JSON.stringify(SPEC)}, bars: ${JSON.stringify(bars)}, repository: { getBars } };
      void runBacktest(run).catch(() => setTimeout(() => process.exit(signals), 500));`;
    expect(await exitAfter('SIGINT', script, /^asked$/, SAME_INTERRUPTION_MS + 50)).toEqual([2, null]);
    expect(await runs.leftovers()).toEqual([]);
  });

  it('with keep can be closed by a listener of the program, which ends the process', async () => {
    const script = `
      const { runBacktest } = require(${JSON.stringify(CLIENT)});
      const kept = { spec: ${JSON.stringify(SPEC)}, bars: ${JSON.stringify(bars)}, keep: true };
      void runBacktest(kept).then(({ close }) => {
        process.once('SIGINT', () => void close().then(() => process.exit(7)));
        process.stdout.write('kept');
      });`;
    expect(await exitAfter('SIGINT', script, /^kept$/)).toEqual([7, null]);
    expect(await runs.leftovers()).toEqual([]);
  });

  it('keeps the session until close() when keep is set', async () => {
    const kept = await runs.run({ keep: true });
    const { session, status } = kept;
    const latest = await (await session.reader()).latestBar('AAA', '15m');
    expect(latest).toMatchObject({ close: market.get('AAA')!.at(-1)!.close });
    expect(await session.status()).toMatchObject({ id: status.id, state: 'completed' });
    await kept.close();
    expect(await runs.leftovers()).toEqual([]);
  });

  it('rejects when the dataset does not exist, and leaves nothing behind', async () => {
    await expect(
      runs.run({ bars: undefined, spec: { source: { type: 'dataset', dataset: 'nowhere' } } }),
    ).rejects.toThrow(/nowhere/);
    expect(await runs.leftovers()).toEqual([]);
  });

  it('connect() refuses an address that is no URL', () => {
    expect(() => connect({ coordinator: 'nowhere', env: {} })).toThrow('expected the coordinator');
  });
});
