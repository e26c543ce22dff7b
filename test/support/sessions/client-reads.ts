/** How a strategy reads each member of the client library, over a session of ../data/futures.ts. */
import type { ClientSession, Mirror } from '@barkeep/client';
import type { OpenSession } from '@barkeep/session-data';
import { FIRST_CLOSE, FUTURE_SYMBOLS, SECOND_DATE } from '../data/futures.js';
import { clientEvents } from './first-day-events.js';
import { CHANGES, READ_INTERVALS, type Read } from './route-reads.js';

/** Calls `read` for each symbol and interval. */
function bySeries<T>(read: (symbol: string, interval: string) => T): Promise<Awaited<T>[]> {
  return Promise.all(FUTURE_SYMBOLS.flatMap((symbol) => READ_INTERVALS.map((interval) => read(symbol, interval))));
}

/** Every member of a class of the client. */
type Reads<T> = Record<Exclude<keyof T, 'id'>, Read<T>>;

export const SESSION_READS: Reads<ClientSession> = {
  start: CHANGES,
  pause: CHANGES,
  resume: CHANGES,
  stop: CHANGES,
  delete: CHANGES,
  upkeep: CHANGES,
  addSymbol: CHANGES,
  removeSymbol: CHANGES,
  removeConsumer: CHANGES,
  registerStream: CHANGES,
  reader: 'is read by READER_READS',
  mirror: 'is read by MIRROR_READS',
  follow: 'its steps are compared separately',
  completed: 'waits for the end',
  status: (session) => session.status(),
  metrics: (session) => Promise.all(FUTURE_SYMBOLS.map((symbol) => session.metrics(symbol, { date: SECOND_DATE }))),
  allMetrics: (session) => session.allMetrics(),
  gaps: (session) => Promise.all(FUTURE_SYMBOLS.map((symbol) => session.gaps(symbol))),
  digest: (session) => session.digest(),
  certificate: (session) => session.certificate(),
  consumers: async (session) =>
    (await session.consumers()).map(({ name, time, steps, bars }) => ({ name, time, steps, bars })),
  events: (session) => clientEvents(session),
};

export const READER_READS: Reads<OpenSession> = {
  view: (reader) => reader.view,
  layout: (reader) => reader.layout.days,
  refresh: (reader) => reader.refresh(),
  checkRead: (reader) => reader.checkRead(),
  position: (reader) => reader.position(),
  clock: (reader) => reader.clock(),
  moment: (reader) => reader.moment(),
  activeSymbols: (reader) => reader.activeSymbols(),
  latestBar: (reader) => bySeries((symbol, interval) => reader.latestBar(symbol, interval)),
  latestBars: async (reader) => [...(await reader.latestBars(FUTURE_SYMBOLS, '5m', { fill: 'forward' }))],
  lastBars: (reader) => bySeries((symbol, interval) => reader.lastBars(symbol, interval, 1000)),
  barsBetween: (reader) => bySeries((symbol, interval) => reader.barsBetween(symbol, interval, 0, Infinity)),
  barsSince: (reader) => bySeries((symbol, interval) => reader.barsSince(symbol, interval, 0)),
  allBars: async (reader) => {
    const parts = [];
    for await (const part of reader.allBars({ symbols: FUTURE_SYMBOLS, interval: '5m' })) parts.push(part);
    return parts;
  },
  barCount: (reader) => bySeries((symbol, interval) => reader.barCount(symbol, interval)),
  history: (reader) => reader.history(),
  metrics: (reader) => Promise.all(FUTURE_SYMBOLS.map((symbol) => reader.metrics(symbol))),
  dayCounts: (reader) => reader.dayCounts({}),
  emptySlots: (reader) => reader.emptySlots({ view: 'strategy' }),
  outsideRows: (reader) => reader.outsideRows(),
  gaps: (reader) => Promise.all(FUTURE_SYMBOLS.map((symbol) => reader.gaps(symbol))),
  digest: (reader) => reader.digest(),
  certificate: (reader) => reader.certificate(),
};

export const MIRROR_READS: Reads<Mirror> = {
  update: (mirror) => mirror.update(),
  waitFor: (mirror) => mirror.waitFor(FIRST_CLOSE),
  onChange: 'has no content',
  close: 'has no content',
  clock: (mirror) => mirror.clock,
  layout: (mirror) => mirror.layout.days,
  symbols: (mirror) => mirror.symbols,
  derivedBy: (mirror) => mirror.derivedBy,
  latestBar: (mirror) => bySeries((symbol, interval) => mirror.latestBar(symbol, interval)),
  lastBars: (mirror) => bySeries((symbol, interval) => mirror.lastBars(symbol, 1000, interval)),
  closes: (mirror) => bySeries((symbol, interval) => [...mirror.closes(symbol, 1000, interval)]),
  barCount: (mirror) => bySeries((symbol, interval) => mirror.barCount(symbol, interval)),
  barQuality: (mirror) => FUTURE_SYMBOLS.map((symbol) => mirror.barQuality(symbol)),
};
