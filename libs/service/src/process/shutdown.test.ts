import { STOP_ORDER, StopSequence } from './shutdown.js';

describe('StopSequence', () => {
  it('stops the parts in the order of their turns, whatever the order of registration', async () => {
    const sequence = new StopSequence(1_000);
    const seen: string[] = [];
    const part = (name: string) => async () => {
      seen.push(`${name} starts to stop`);
      await Promise.resolve();
      seen.push(`${name} stopped`);
    };
    sequence.onStop('pools', STOP_ORDER.pools, part('pools'));
    sequence.onStop('upkeep', STOP_ORDER.upkeep, part('upkeep'));
    sequence.onStop('streams', STOP_ORDER.streams, part('streams'));
    expect(sequence.stopping).toBe(false);
    const outcomes = await sequence.run();
    expect(outcomes.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['upkeep', 'stopped'],
      ['streams', 'stopped'],
      ['pools', 'stopped'],
    ]);
    expect(seen).toEqual(
      ['upkeep', 'streams', 'pools'].flatMap((name) => [`${name} starts to stop`, `${name} stopped`]),
    );
  });

  it('stops the later parts when one hangs or throws, and reports it', async () => {
    const sequence = new StopSequence(20);
    const failure = new Error('x');
    sequence.onStop('hangs', STOP_ORDER.upkeep, () => new Promise(() => undefined));
    sequence.onStop('throws', STOP_ORDER.streams, () => {
      throw failure;
    });
    sequence.onStop('works', STOP_ORDER.pools, () => undefined);
    expect(await sequence.run()).toMatchObject([
      { name: 'hangs', outcome: 'late' },
      { name: 'throws', outcome: 'failed', error: failure },
      { name: 'works', outcome: 'stopped' },
    ]);
  });

  it('stops each part once when it is run twice', async () => {
    const sequence = new StopSequence(1_000);
    const stop = jest.fn();
    sequence.onStop('once', STOP_ORDER.http, stop);
    await Promise.all([sequence.run(), sequence.run()]);
    expect(sequence.stopping).toBe(true);
    expect(stop).toHaveBeenCalledTimes(1);
  });
});
