/** Reads a window once for all sessions of this process that stream it, and passes every other window on. */
import { datasetVersion, gridKey } from '@barkeep/bar-repository';
import { chunkBytes } from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import type { MissingWindows } from './missing-windows.js';
import type { SharedWindows, SharingSession } from './shared-windows.js';
import { USED_ONCE, type WindowRead } from './window-read.js';
import type { WindowReader } from './window-source.js';

/**
 * Part of a day's slots that a window must have to be shared. A chunk takes the memory of its whole day, and shared windows
 * allocate theirs, so a window of minutes costs more to share than to read.
 */
const SHARED_PART_MIN = 1 / 8;

export interface SharedReaderParts {
  dataSource: DataSource;
  datasetId: number;
  layout: SessionLayout;
  missing: MissingWindows;
  shared: SharedWindows;
  session: SharingSession;
}

export class SharedReader implements WindowReader {
  constructor(
    private readonly inner: WindowReader,
    private readonly parts: SharedReaderParts,
  ) {}

  async read(window: Window, into: WindowRead, signal: AbortSignal, onProgress: () => void): Promise<void> {
    const { dataSource, datasetId, layout, missing, shared, session } = this.parts;
    const { dayIndex, fromSlot, toSlot, to } = window;
    const grid = layout.grid(dayIndex);
    const bytes = layout.symbols.length * chunkBytes(grid.slotCount);
    const isLong = toSlot - fromSlot >= grid.slotCount * SHARED_PART_MIN;
    if (!missing.isForAll(into) || !isLong || !shared.isWanted(session, to, bytes)) {
      return this.inner.read(window, into, signal, onProgress);
    }
    const version = await datasetVersion(dataSource, datasetId);
    signal.throwIfAborted();
    const origin = layout.isHistory(dayIndex) ? 'history' : 'own';
    const name = `${grid.open} ${gridKey(grid)} ${fromSlot}-${toSlot} ${origin}`;
    const read = shared.join(
      { session, name, version, bytes },
      () => missing.empty(window, USED_ONCE),
      (rows, ownSignal, onOwnProgress) => this.inner.read(window, rows, ownSignal, onOwnProgress),
    );
    await read.wait(into, signal, onProgress);
  }
}
