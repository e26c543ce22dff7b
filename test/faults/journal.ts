/** What happened while one schedule ran: a trace of its events, and the steps that did not end in time. */
import type { Violation } from './checker.js';

export class Journal {
  /** `MS TEXT`, in ms after the start of the schedule. */
  readonly trace: string[] = [];
  /** A violation for each step that failed. */
  readonly violations: Violation[] = [];
  private readonly startedAt = Date.now();

  /** Time since the start of the schedule, ms. */
  get tookMs(): number {
    return Date.now() - this.startedAt;
  }

  note(line: string): void {
    this.trace.push(`${String(this.tookMs).padStart(6)} ${line}`);
  }

  /** Runs a step of the schedule. A step that fails is a violation. @returns its result; undefined when it failed */
  async attempt<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.violations.push({ kind: 'stands-still', what });
      this.note(String(error));
      return undefined;
    }
  }
}
