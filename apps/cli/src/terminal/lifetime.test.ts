import { InterruptedError, Lifetime, withLifetime } from './lifetime.js';

describe('the lifetime of a command', () => {
  it('closes resources in reverse order of opening', async () => {
    const closed: string[] = [];
    const result = await withLifetime((life) => {
      for (const name of ['servers', 'coordinators', 'workers']) life.onEnd(() => Promise.resolve(closed.push(name)));
      return Promise.resolve('done');
    });
    expect(result).toBe('done');
    expect(closed).toEqual(['workers', 'coordinators', 'servers']);
  });

  it('closes everything when the command fails, and reports the first failure', async () => {
    const closed: string[] = [];
    const failing = withLifetime((life) => {
      life.onEnd(() => Promise.resolve(closed.push('servers')));
      life.onEnd(() => Promise.reject(new Error('closing failed')));
      return Promise.reject(new Error('the command failed'));
    });
    await expect(failing).rejects.toThrow('the command failed');
    expect(closed).toEqual(['servers']);
  });

  it('reports an interruption, and not the failure that it causes', async () => {
    const interrupted = withLifetime((life) => {
      life.interrupt('SIGINT');
      return Promise.reject(new Error('initdb was interrupted too'));
    });
    await expect(interrupted).rejects.toThrow(InterruptedError);
  });

  it('is aborted by the first signal', async () => {
    const life = new Lifetime();
    const interrupted = life.interrupted();
    life.interrupt('SIGINT');
    await interrupted;
    expect(life.signal.reason).toBeInstanceOf(InterruptedError);
    await life.interrupted(); // after the signal it resolves at once
  });
});
