/** The sessions that this process streams now. */
import type { SessionLayout, StreamFigures, StreamWait } from '@barkeep/session-data';

export interface ActiveStream {
  readonly layout: SessionLayout;
  readonly progress: {
    /** Epoch ms. */
    readonly clock: number;
    readonly figures: StreamFigures;
    readonly shownWait: StreamWait | null;
  };
}

export class ActiveStreams {
  private readonly streams = new Set<ActiveStream>();

  /** @returns a function that removes the stream again */
  add(stream: ActiveStream): () => void {
    this.streams.add(stream);
    return () => void this.streams.delete(stream);
  }

  all(): ActiveStream[] {
    return [...this.streams];
  }
}
