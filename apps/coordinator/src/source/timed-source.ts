/** Reads a window into memory of the pool, and aborts the read when the source is silent for too long. */
import type { Window } from '@barkeep/session-data';
import type { MissingWindows } from './missing-windows.js';
import { SilentSourceError, unlessSilent } from './silence.js';
import type { WindowRead } from './window-read.js';
import type { WindowReader, WindowSource } from './window-source.js';

/** The source was silent for too long; `read` holds the bars that came until then. */
export class SilentWindowError extends SilentSourceError {
  constructor(
    timeoutMs: number,
    readonly read: WindowRead,
  ) {
    super(timeoutMs);
  }
}

export class TimedSource implements WindowSource {
  constructor(
    private readonly reader: WindowReader,
    private readonly missing: MissingWindows,
    private readonly timeoutMs: number,
  ) {}

  /** @throws SilentWindowError, the signal's reason, what Postgres throws */
  async read(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const read = this.missing.empty(window);
    try {
      await unlessSilent(this.timeoutMs, stop, (signal, onProgress) =>
        this.reader.read(window, read, signal, onProgress),
      );
    } catch (error) {
      if (error instanceof SilentSourceError) throw new SilentWindowError(error.timeoutMs, read);
      throw error;
    }
    return read;
  }
}
