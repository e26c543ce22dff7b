/**
 * Writes the lines of the log to a file descriptor, which may be slow, full or closed. Guarantees that the log never blocks the event
 * loop and never ends the process: lines wait in memory up to a limit; further lines are dropped and counted. Pino's own destination
 * throws when a disk is full, and blocks the event loop when nothing reads from a pipe.
 */
import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** At most this many characters wait in memory. */
const WAITING_MAX = 4_000_000;
/** Time until the next attempt after a failed write, ms. */
const RETRY_MS = 500;
/** A write that lasts longer than this, ms, is stuck. At the end of the process the lines that wait behind it are then given up. */
const STUCK_MS = 1_000;

/** The bytes of one write. */
interface Batch {
  bytes: Buffer;
  /** Number of lines that are lost when the write fails: those of the batch, and the earlier dropped lines that it reports. */
  lines: number;
}

/** The destination of a logger. When the process is killed, the last lines may be lost. */
export class LogOutput implements DestinationStream {
  private waiting: string[] = [];
  private waitingChars = 0;
  private dropped = 0;
  /** True when the reader of the pipe has ended. */
  private isClosed = false;
  /** When the current write was scheduled or began, also during a retry; undefined when there is none. */
  private writingSince: number | undefined;

  constructor(
    private readonly fd: number,
    private readonly waitingMax = WAITING_MAX,
  ) {
    process.once('exit', () => this.flushSync());
  }

  /** Accepts a line, which ends in a line break. The line is written later, or dropped when too many wait. */
  write(line: string): void {
    if (this.isClosed) return;
    if (this.waitingChars + line.length > this.waitingMax) {
      this.dropped++;
      return;
    }
    this.waiting.push(line);
    this.waitingChars += line.length;
    if (this.writingSince !== undefined) return;
    this.writingSince = performance.now();
    // Writes later, so that the lines of one turn are one write. When the process ends in this turn, `flushSync` writes them.
    setImmediate(() => this.writeOut(this.take()));
  }

  /** Writes the lines that wait, at the end of the process. */
  flushSync(): void {
    const isStuck = this.writingSince !== undefined && performance.now() - this.writingSince > STUCK_MS;
    const { bytes } = this.take();
    if (isStuck || this.isClosed || bytes.length === 0) return;
    try {
      writeSync(this.fd, bytes);
    } catch {
      // The lines are lost: the process ends, so nothing can try again.
    }
  }

  /** Takes all lines that wait as a batch, which begins with a report of the dropped ones. */
  private take(): Batch {
    const text = (this.dropped > 0 ? droppedLine(this.dropped) : '') + this.waiting.join('');
    const batch = { bytes: Buffer.from(text), lines: this.dropped + this.waiting.length };
    this.waiting = [];
    this.waitingChars = 0;
    this.dropped = 0;
    return batch;
  }

  /** Writes a batch, and after it the lines that wait by then, until none waits. */
  private writeOut(batch: Batch): void {
    const { bytes } = batch;
    if (bytes.length === 0) {
      this.writingSince = undefined;
      return;
    }
    this.writingSince = performance.now();
    write(this.fd, bytes, (error, written) => {
      if (error) this.recover(error, batch);
      else this.writeOut(written < bytes.length ? restOf(bytes.subarray(written)) : this.take());
    });
  }

  /** Continues after a failed write: with the same batch when a pipe was full, otherwise with later lines. */
  private recover({ code }: NodeJS.ErrnoException, batch: Batch): void {
    if (code === 'EPIPE') return this.close();
    const isLost = code !== 'EAGAIN'; // EAGAIN: the pipe is full
    if (isLost) this.dropped += batch.lines; // a later line reports them
    setTimeout(() => this.writeOut(isLost ? this.take() : batch), RETRY_MS).unref();
  }

  /** Drops all lines from now on, because the reader of the pipe has ended. */
  private close(): void {
    this.isClosed = true;
    this.take();
  }
}

/** The batch that is left when a part was written. Only lines that are not yet written whole still count. */
function restOf(bytes: Buffer): Batch {
  return { bytes, lines: bytes.toString().split('\n').length - 1 };
}

/** A line of the log about dropped lines, of level warn (40). */
function droppedLine(lines: number): string {
  const msg = `${lines} lines of the log were dropped: its output was full or did not take them`;
  return `${JSON.stringify({ level: 40, time: Date.now(), pid: process.pid, msg })}\n`;
}
