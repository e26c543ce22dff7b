/** The two interfaces that the steps of a session's source have: one fills memory of the caller, the other returns windows. */
import type { Window } from '@barkeep/session-data';
import type { WindowRead } from './window-read.js';

/** Reads one window's bars into memory that the caller provides. */
export interface WindowReader {
  /**
   * @param into keeps the bars that came so far when the read fails or is aborted
   * @param onProgress is called for every row and every pack
   * @throws the signal's reason, what Postgres throws
   */
  read(window: Window, into: WindowRead, signal: AbortSignal, onProgress: () => void): Promise<void>;
}

/** Returns the windows of a session's source; call it for one window after another, in order. */
export interface WindowSource {
  /** @throws the signal's reason, SilentSourceError, what Postgres throws */
  read(window: Window, stop: AbortSignal): Promise<WindowRead>;
}
