/** Feeds sessions over HTTP. */
import { Readable } from 'node:stream';
import type { Api } from '../system/api.js';
import type { Fed } from './feeders.js';

export const symbolPath = (id: string, symbol: string) => `/v1/sessions/${id}/symbols/${symbol}`;

export class FeedRequests {
  constructor(private readonly api: Api) {}

  /** Posts bars as JSON, in a request that must succeed. */
  feed(id: string, symbol: string, bars: readonly unknown[], query = ''): Promise<Fed> {
    return this.api.ok('POST', `${symbolPath(id, symbol)}/bars${query}`, bars);
  }

  /** Posts lines of NDJSON in one request. A piece of text may have several lines or a part of one. The answer may be a refusal. */
  async feedLines(id: string, symbol: string, pieces: Iterable<string> | AsyncIterable<string>) {
    const answer = await fetch(`${this.api.url}${symbolPath(id, symbol)}/bars`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: Readable.from(pieces),
      duplex: 'half',
    } as RequestInit);
    return { status: answer.status, body: (await answer.json()) as Fed };
  }

  /** Declares that a symbol has no more bars. */
  async end(id: string, symbol: string): Promise<void> {
    await this.api.ok('POST', `${symbolPath(id, symbol)}/end`);
  }
}

/** A bar as a line of NDJSON. */
export function lineOf(bar: object): string {
  return `${JSON.stringify(bar)}\n`;
}
