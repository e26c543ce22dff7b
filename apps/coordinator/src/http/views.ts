/** Converts stored data into the answers of the API: times as ISO 8601, fields in a fixed order. Pure. */
import * as api from '@barkeep/api';
import type { ShownBar } from '@barkeep/bars';
import * as store from '@barkeep/session-data';

type SlotMetrics = Awaited<ReturnType<store.OpenSession['metrics']>>;
type SymbolGap = Awaited<ReturnType<store.OpenSession['gaps']>>[number];

export function barView(bar: ShownBar): api.AnsweredBar {
  return {
    openTime: api.isoTime(bar.openTime),
    closeTime: api.isoTime(bar.closeTime),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    origin: bar.origin,
    complete: bar.complete,
    sourceCount: bar.sourceCount,
    expectedCount: bar.expectedCount,
  };
}

export function metricsView(metrics: SlotMetrics): api.MetricsAnswer {
  return {
    ...metrics,
    watermark: api.isoTime(metrics.watermark),
    outsideExamples: metrics.outsideExamples.map(api.isoTime),
  };
}

export function gapView(gap: SymbolGap): api.GapAnswer {
  return { ...gap, start: api.isoTime(gap.start), end: api.isoTime(gap.end) };
}

/** A page of the counts per symbol and day (the cells of a matrix); a kind of count that is 0 on all days of a symbol is left out. */
export function daysView({ days, symbols, next, zone }: store.DayCounts & { zone: string }): api.DaysAnswer {
  const symbolAnswers = symbols.map(({ symbol, counts }) => {
    const names = store.CELL_COUNTS.filter((name) => counts[name].some((count) => count > 0));
    return { symbol, counts: Object.fromEntries(names.map((name) => [name, counts[name]])) };
  });
  const isoDays = days.map((day) => ({ ...day, open: api.isoTime(day.open), close: api.isoTime(day.close) }));
  return { zone, days: isoDays, symbols: symbolAnswers, next };
}

export function differenceView({ first, ...compared }: store.SessionDifference): api.DifferenceAnswer {
  if (!first) return { equal: true, first, compared };
  const { slotTime, mine, other } = first;
  const bars = { mine: mine && barView(mine), other: other && barView(other) };
  return { equal: false, first: { ...first, slotTime: api.isoTime(slotTime), ...bars }, compared };
}

/** The layout of a session's store, for clients in any language. @param symbols the symbols that can be read now */
export function layoutView(layout: store.SessionLayout, symbols: ReadonlySet<string>): api.LayoutAnswer {
  const keys = layout.keysOf(0);
  const { prefix, base: keyBase } = keys;
  const { intervals } = layout;
  const template = (key: string) => key.replace(keyBase, '{base}');
  return {
    id: layout.id,
    incarnation: layout.incarnation,
    version: layout.membership.version,
    keyPrefix: prefix,
    wakeChannel: store.wakeChannel(prefix, layout.id),
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
      segments: segments.map(({ open, close }) => ({ open: api.isoTime(open), close: api.isoTime(close) })),
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
