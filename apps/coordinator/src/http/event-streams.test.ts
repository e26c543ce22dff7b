/** I8 and I11 are invariants of docs/ARCHITECTURE.md. */
import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import express, { type RequestHandler, type Response } from 'express';
import type { EventCursor, SessionEventType } from '@barkeep/session-data';
import { serveHttp } from '../../../../test/support/system/http-server.js';
import { eventText, eventView } from './event-output.js';
import { EventStreams, StalledListenerError } from './event-streams.js';
import type { EventReader } from '../lifecycle/index.js';

const BATCH_EVENTS = 500;

/** A session that always has more events, with the cursors `1-0`, `2-0` and so on. */
class EndlessReader implements EventReader {
  readonly view = 'strategy';
  reads = 0;

  async begin(): Promise<EventCursor> {
    return [];
  }

  async read(from: EventCursor) {
    await new Promise((resolve) => setImmediate(resolve));
    this.reads++;
    const last = Number.parseInt(from[0] ?? '0-0', 10);
    const events = Array.from({ length: BATCH_EVENTS }, (_, i) => {
      const time = last + 1 + i;
      return { event: { type: 'clock' as const, at: 0, time }, cursor: [`${time}-0`] };
    });
    return { events, cursor: events.at(-1)!.cursor, areTrimmed: false };
  }
}

async function serve(handler: RequestHandler) {
  const { url, close } = await serveHttp(express().get('/events', handler));
  return { url: `${url}/events`, close };
}

/** Serves the events of a reader; `errors` emits `ended` with the error that ends a stream. */
async function serveEvents(streams: EventStreams, reader: EventReader, types?: ReadonlySet<SessionEventType>) {
  const errors = new EventEmitter();
  const served = await serve((_request, response) => {
    streams.send(response, reader, [], types).catch((error: unknown) => errors.emit('ended', error));
  });
  return { ...served, errors };
}

/** Connects a listener. @returns the answer, which has begun */
async function listen(url: string): Promise<IncomingMessage> {
  const [answer] = (await once(get(url), 'response')) as [IncomingMessage];
  return answer;
}

/** Waits until a number stays the same for 100 ms. @returns that number */
async function steady(look: () => number): Promise<number> {
  for (;;) {
    const before = look();
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (look() === before) return before;
  }
}

test('I8 a stream reads no events for a listener that does not read, continues when it reads, and ends when it disconnects', async () => {
  const reader = new EndlessReader();
  const { url, close } = await serveEvents(new EventStreams(), reader);
  const listener = await listen(url);
  listener.pause();
  const readsWhenStalled = await steady(() => reader.reads);
  listener.resume();
  while (reader.reads < readsWhenStalled + 50) await once(listener, 'data');
  listener.destroy();
  const readsWhenGone = await steady(() => reader.reads); // returns only when the reads have ended
  expect(readsWhenGone).toBeGreaterThan(readsWhenStalled);
  await close();
});

test('I8 the stream of a listener that disconnected before it began ends at once', async () => {
  const reader = new EndlessReader();
  const disconnected = new EventEmitter();
  const { url, close } = await serve((_request, response) => {
    response.once('close', () => disconnected.emit('response', response));
    listener.destroy();
  });
  const listener = get(url).on('error', () => undefined);
  const [response] = (await once(disconnected, 'response')) as [Response];
  await new EventStreams().send(response, reader, [], undefined);
  expect(reader.reads).toBe(0);
  await close();
});

test('a stream ends when the service stops', async () => {
  const streams = new EventStreams();
  const { url, close } = await serveEvents(streams, new EndlessReader());
  const listener = await listen(url);
  listener.resume();
  streams.stop();
  await once(listener, 'end');
  await close();
});

test('I8 I11 a listener that reads nothing for too long is disconnected with a StalledListenerError', async () => {
  const [keepAliveMs, stalledMs] = [15_000, 500];
  const { url, close, errors } = await serveEvents(new EventStreams(keepAliveMs, stalledMs), new EndlessReader());
  const stalled = await listen(url);
  stalled.pause();
  stalled.on('error', () => undefined);
  expect(await once(errors, 'ended')).toEqual([new StalledListenerError(stalledMs)]);
  await close();
});

test('I11 a HEAD request leaves its connection free for the next request', async () => {
  const streams = new EventStreams();
  const { url, close } = await serveEvents(streams, new EndlessReader());
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  for (const method of ['HEAD', 'GET']) {
    socket.write(`${method} /events HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200 OK/);
  }
  socket.destroy();
  streams.stop();
  await close();
});

test('a listener gets comments while all events are of types that it did not ask for', async () => {
  const [keepAliveMs, stalledMs] = [100, 1_000];
  const streams = new EventStreams(keepAliveMs, stalledMs);
  const { url, close } = await serveEvents(streams, new EndlessReader(), new Set(['state']));
  const listener = await listen(url);
  let text = '';
  for await (const chunk of listener.setEncoding('utf8')) {
    text += chunk as string;
    if (text.split(': keep-alive\n').length > 3) break; // three comments have come
  }
  const onlyComments = /^retry: 1000\nid: \S+\n\n(: keep-alive\nid: \S+\n\n)+$/; // each with the cursor as its id
  expect(text).toMatch(onlyComments);
  streams.stop();
  await close();
});

describe('an event', () => {
  it('is sent with its cursor as the id, its type and its fields, times as ISO 8601', () => {
    const event = { type: 'clock' as const, at: 1_767_603_601_000, time: 1_381_176_000_000 };
    expect(eventView(event)).toEqual({ at: '2026-01-05T09:00:01.000Z', time: '2013-10-07T20:00:00.000Z' });
    // `ez` is the cursor: the letter of the strategy's view, then 35 in base 36.
    expect(eventText(event, ['35-0'], 'strategy')).toBe(
      'id: ez\nevent: clock\ndata: {"at":"2026-01-05T09:00:01.000Z","time":"2013-10-07T20:00:00.000Z"}\n\n',
    );
  });
});
