/** The layout of a session's store as the API answers it, for clients in other languages. Pure. */
import { isoTime, type LayoutAnswer } from '@barkeep/api';
import { type SessionLayout, wakeChannel } from '@barkeep/session-data';

/** @param symbols those that can be read */
export function layoutView(layout: SessionLayout, symbols: ReadonlySet<string>): LayoutAnswer {
  const { prefix, base } = layout.keysOf(0);
  const intervals = [layout.base, ...layout.derived];
  const template = (key: string) => key.replace(base, '{base}');
  const keys = layout.keysOf(0);
  return {
    id: layout.id,
    incarnation: layout.incarnation,
    version: layout.membership.version,
    keyPrefix: prefix,
    wakeChannel: wakeChannel(prefix, layout.id),
    keys: {
      meta: template(keys.meta),
      chunk: template(keys.chunk('{interval}', '{symbol}', '{date}')),
      states: template(keys.states('{symbol}', '{date}')),
      history: template(keys.history),
      events: template(keys.events),
      consumers: template(keys.consumers),
    },
    datasets: [...layout.datasets],
    intervals: intervals.map((interval) => ({
      name: interval.name,
      isBase: interval === layout.base,
      isComputed: interval === layout.base || layout.computed.includes(interval),
    })),
    days: layout.days.map(({ date, segments }, day) => ({
      date,
      isHistory: layout.isHistory(day),
      segments: segments.map(({ open, close }) => ({ open: isoTime(open), close: isoTime(close) })),
      slots: Object.fromEntries(intervals.map((interval) => [interval.name, layout.grid(day, interval).slotCount])),
    })),
    partitions: layout.keys.map((partitionKeys, number) => ({
      number,
      base: partitionKeys.base,
      stamp: layout.stampOf(number),
      symbols: layout.symbolsOf(number).filter((symbol) => symbols.has(symbol)),
    })),
  };
}
