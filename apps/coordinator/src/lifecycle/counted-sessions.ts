/** Keeps the counts of closed days for the sessions that were read last, so that a repeated view reads less. Bounded in memory. */
import { CountedDays } from '@barkeep/session-data';

/** Most cells (counts of a symbol on a day) that are kept for all sessions; a cell takes 11 bytes. */
const CELLS_KEPT = 4_000_000;

export class CountedSessions {
  /** By incarnation, the least recently used first. */
  private readonly kept = new Map<string, CountedDays>();

  /** The kept counts of a session; empty for one that has none. Readers add to them. */
  of(incarnation: string): CountedDays {
    const counted = this.kept.get(incarnation) ?? new CountedDays();
    this.kept.delete(incarnation);
    // The counts of the other sessions are dropped until the rest fits; those of this session stay.
    let cells = [...this.kept.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [oldest, { size }] of this.kept) {
      if (cells <= CELLS_KEPT) break;
      this.kept.delete(oldest);
      cells -= size;
    }
    this.kept.set(incarnation, counted);
    return counted;
  }
}
