/** Limits how many pieces of work run at the same time, such as those that each hold a connection to PostgreSQL. No I/O. */

export class Turns {
  private running = 0;
  /** Each begins the next work that waits for its turn. */
  private readonly waiting: (() => void)[] = [];

  /** @param max most pieces of work at the same time */
  constructor(private readonly max: number) {}

  /** Runs `work` when fewer than `max` others run. @returns its result @throws what it throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.max) this.running++;
    else await new Promise<void>((begin) => this.waiting.push(begin)); // takes the place of one that has ended
    try {
      return await work();
    } finally {
      const begin = this.waiting.shift();
      if (begin) begin();
      else this.running--;
    }
  }
}
