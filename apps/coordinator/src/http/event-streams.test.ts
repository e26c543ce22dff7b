import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { EventCursor } from '@barkeep/session-data';
import { eventView, EventStreams, message, StalledListenerError } from './event-streams.js';
import type { EventFeed } from '../lifecycle/index.js';

/** A session that always has more events. */
class EndlessFeed implements EventFeed {
  readonly view = 'strategy';
  reads = 0;

  async begin(): Promise<EventCursor> {
    return [];
  }

  async read(from: EventCursor) {
    this.reads++;
    const first = Number(from[0]?.split('-')[0] ?? 0) + 1;
    const events = Array.from({ length: 500 }, (_, i) => ({
      event: { type: 'clock' as const, at: 0, time: first + i },
      cursor: [`${first + i}-0`],
    }));
    return { events, cursor: events.at(-1)!.cursor, gap: false };
  }
}

async function serve(streams: EventStreams, feed: EventFeed, stalledMs?: number) {
  const app = express();
  const errors = new EventEmitter();
  app.get('/events', (_request, response) => {
    streams.send(response, feed, [], undefined, stalledMs).catch((error: unknown) => errors.emit('ended', error));
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, errors, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events` };
}

/** Waits until a number stays the same for a while. */
async function steady(look: () => number): Promise<number> {
  for (let before = -1; ;) {
    const now = look();
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('a stream of events', () => {
  it('I8 reads nothing for a listener that does not read, continues when it reads, and ends when it disconnects or the service stops', async () => {
    const [streams, feed] = [new EventStreams(), new EndlessFeed()];
    const { server, url } = await serve(streams, feed);
    const [slow] = (await once(get(url), 'response')) as [IncomingMessage];
    slow.pause();
    const stalled = await steady(() => feed.reads);
    slow.resume();
    while (feed.reads < stalled + 50) await once(slow, 'data');
    slow.destroy();
    const gone = await steady(() => feed.reads);
    expect(gone).toBeGreaterThan(stalled);

    const [other] = (await once(get(url), 'response')) as [IncomingMessage];
    other.resume();
    streams.stop();
    await once(other, 'end');
    server.close();
    await once(server, 'close');
  });
});

test('I8 I11 a listener that reads nothing for too long is disconnected, and the reason is known', async () => {
  const [streams, feed] = [new EventStreams(), new EndlessFeed()];
  const { server, errors, url } = await serve(streams, feed, 500);
  const [stalled] = (await once(get(url), 'response')) as [IncomingMessage];
  stalled.pause();
  stalled.on('error', () => undefined);
  expect(await once(errors, 'ended')).toEqual([new StalledListenerError(500)]);
  server.close();
  await once(server, 'close');
});

describe('an event', () => {
  it('is sent with its place, its name and its fields, times as ISO 8601', () => {
    const event = { type: 'clock' as const, at: 1_767_603_601_000, time: 1_381_176_000_000 };
    expect(eventView(event)).toEqual({ at: '2026-01-05T09:00:01.000Z', time: '2013-10-07T20:00:00.000Z' });
    expect(message(event, ['35-0'])).toBe(
      'id: ez\nevent: clock\ndata: {"at":"2026-01-05T09:00:01.000Z","time":"2013-10-07T20:00:00.000Z"}\n\n',
    );
  });
});
