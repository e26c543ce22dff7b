/** Limits how many pieces of work run at the same time, such as those that each hold a connection to PostgreSQL. No I/O. */

export class Turns {
  private running = 0;
  /** One function for each piece of work that waits for its turn; a call begins that work. */
  private readonly waiting: (() => void)[] = [];

  /** @param max most pieces of work at the same time */
  constructor(private readonly max: number) {}

  /** Runs `work` when fewer than `max` others run. @returns its result @throws what it throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.max) this.running++;
    else await new Promise<void>((begin) => this.waiting.push(begin)); // then it has the place of work that ended
    try {
      return await work();
    } finally {
      const begin = this.waiting.shift();
      if (begin) begin();
      else this.running--;
    }
  }
}
