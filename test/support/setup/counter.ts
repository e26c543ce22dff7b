import { EventEmitter, once } from 'node:events';

/** Counts calls of `hit`. `reached(n)` resolves at the n-th call. */
export class Counter extends EventEmitter {
  hits = 0;
  hit = (): void => {
    this.hits++;
    this.emit('hit');
  };

  async reached(count: number): Promise<void> {
    while (this.hits < count) await once(this, 'hit');
  }
}
