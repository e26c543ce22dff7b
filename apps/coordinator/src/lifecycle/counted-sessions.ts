/**
 * Keeps the counts of closed days of the sessions that were read last, so that a matrix that is shown again is not read again.
 * Bounds their memory.
 */
import { CountedDays } from '@barkeep/session-data';

/** Cells of all sessions, 11 bytes each. */
const CELLS_KEPT = 4_000_000;

export class CountedSessions {
  /** By incarnation, the one that was used last at the end. */
  private readonly kept = new Map<string, CountedDays>();

  /** What is known of a session. */
  of(incarnation: string): CountedDays {
    const known = this.kept.get(incarnation) ?? new CountedDays();
    this.kept.delete(incarnation);
    this.trim();
    this.kept.set(incarnation, known);
    return known;
  }

  private trim(): void {
    let cells = [...this.kept.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [incarnation, { size }] of this.kept) {
      if (cells <= CELLS_KEPT) return;
      this.kept.delete(incarnation);
      cells -= size;
    }
  }
}
