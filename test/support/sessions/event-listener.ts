/** Listens to a session's server-sent events as a browser would, keeps them, and checks each against the contract. */
import { checkEvent } from '../system/contract.js';

/** An event as the server sent it. `type` is its field `event`. */
export interface SentEvent {
  id: string;
  type: string;
  data: Record<string, unknown>;
}

export class EventListener {
  /** All events so far. */
  readonly events: SentEvent[] = [];
  /** Id of the newest event, after which the next connection continues; empty before the first event. */
  lastEventId = '';
  private readonly closing = new AbortController();
  /** The first violation of the contract. {@link until} and {@link close} throw it. */
  private violation: Error | undefined;
  /** Resolves when the connection has ended, for any reason. */
  readonly ended: Promise<void>;

  private constructor(body: ReadableStream<Uint8Array>) {
    this.ended = this.read(body);
  }

  /** Connects; resolves when the answer has started. @param lastEventId the events start after it */
  static async connect(url: string, path: string, lastEventId?: string): Promise<EventListener> {
    const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const response = await fetch(new URL(path, url), { headers });
    if (response.status !== 200 || !response.body)
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return new EventListener(response.body);
  }

  /** Waits until an event matches, earlier events included. @throws when an event was not as the contract says */
  async until(test: (event: SentEvent) => boolean, boundMs = 30_000): Promise<SentEvent> {
    const deadline = Date.now() + boundMs;
    for (;;) {
      if (this.violation) throw this.violation;
      const found = this.events.find(test);
      if (found) return found;
      if (Date.now() > deadline)
        throw new Error(`no such event after ${boundMs} ms: ${JSON.stringify(this.events.slice(-3))}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** @throws when an event was not as the contract says */
  close(): void {
    this.closing.abort();
    if (this.violation) throw this.violation;
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    this.closing.signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined));
    const decoder = new TextDecoder();
    let text = '';
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        text += decoder.decode(value, { stream: true });
        const messages = text.split('\n\n');
        // The last part is the beginning of a message that has not arrived completely.
        text = messages.pop() ?? '';
        for (const message of messages) this.take(message);
      }
    } catch {
      // The server died: the received events are kept, as the standard for server-sent events requires.
    }
  }

  private take(message: string): void {
    const fields: Record<string, string> = {};
    for (const line of message.split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
    }
    this.lastEventId = fields['id'] ?? this.lastEventId;
    const { event, data } = fields;
    // A comment, such as a heartbeat, is no event.
    if (event === undefined || data === undefined) return;
    const sent = { id: this.lastEventId, type: event, data: JSON.parse(data) as Record<string, unknown> };
    this.events.push(sent);
    try {
      checkEvent(sent.type, sent.data);
    } catch (error) {
      this.violation ??= error as Error;
    }
  }
}
