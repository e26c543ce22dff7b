/**
 * Where the lines of the log go: a file descriptor that may be slow, full or closed. Guarantees that a log never blocks the event loop
 * and never ends the process: lines wait in memory up to a limit, and further ones are dropped and counted. Pino's own destination
 * throws when a disk is full, and waits in the event loop for a pipe that nothing reads.
 */
import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** Most characters that wait for the output. */
const WAITING_MAX = 4_000_000;
/** Pause after an output that was full, ms. */
const RETRY_MS = 500;
/** At the end of the process nothing more goes to an output that has not taken a line for so long, ms. */
const STUCK_MS = 1_000;

/** Part of the last lines is lost when the process is killed. */
export class LogOutput implements DestinationStream {
  private waiting: string[] = [];
  private waitingChars = 0;
  private dropped = 0;
  private isClosed = false;
  /** When the current write began; undefined when there is none. */
  private writingSince: number | undefined;

  constructor(
    private readonly fd: number,
    private readonly waitingMax = WAITING_MAX,
  ) {
    process.once('exit', () => this.flushSync());
  }

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
    // Later, so that lines of one turn are one write, and a process that ends in this turn still has them.
    setImmediate(() => this.writeOut(this.take()));
  }

  /** Writes what waits, for a process that ends. */
  flushSync(): void {
    const isStuck = this.writingSince !== undefined && performance.now() - this.writingSince > STUCK_MS;
    const bytes = this.take();
    if (isStuck || this.isClosed || bytes.length === 0) return;
    try {
      writeSync(this.fd, bytes);
    } catch {
      // The output takes nothing more.
    }
  }

  private take(): Buffer {
    const text = (this.dropped > 0 ? droppedLine(this.dropped) : '') + this.waiting.join('');
    this.waiting = [];
    this.waitingChars = 0;
    this.dropped = 0;
    return Buffer.from(text);
  }

  private writeOut(bytes: Buffer): void {
    if (bytes.length === 0) {
      this.writingSince = undefined;
      return;
    }
    this.writingSince = performance.now();
    write(this.fd, bytes, (error, written) => {
      if (error?.code === 'EPIPE') this.close();
      else if (error?.code === 'EAGAIN') setTimeout(() => this.writeOut(bytes), RETRY_MS).unref();
      else if (error) {
        this.dropped += linesIn(bytes);
        setTimeout(() => this.writeOut(this.take()), RETRY_MS).unref();
      } else this.writeOut(written < bytes.length ? bytes.subarray(written) : this.take());
    });
  }

  /** The reader of a pipe has ended. */
  private close(): void {
    this.isClosed = true;
    this.take();
  }
}

function linesIn(bytes: Buffer): number {
  return bytes.toString().split('\n').length - 1;
}

function droppedLine(lines: number): string {
  const msg = `${lines} lines of the log were dropped: its output was full or did not take them`;
  return `${JSON.stringify({ level: 40, time: Date.now(), pid: process.pid, msg })}\n`;
}
