/** How stored data looks in an answer: ISO times, fields in a fixed order, nothing internal. Pure. */
import type { ShownBar } from '@barkeep/bars';
import type { OpenSession } from '@barkeep/session-data';
import { type BarView, type GapView, isoTime, type MetricsView } from '../openapi/index.js';

type SymbolMetrics = Awaited<ReturnType<OpenSession['metrics']>>;
type SymbolGap = Awaited<ReturnType<OpenSession['gaps']>>[number];

export function barView(bar: ShownBar): BarView {
  return {
    openTime: isoTime(bar.openTime),
    closeTime: isoTime(bar.closeTime),
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

export function metricsView(metrics: SymbolMetrics): MetricsView {
  return {
    ...metrics,
    watermark: isoTime(metrics.watermark),
    outsideExamples: metrics.outsideExamples.map(isoTime),
  };
}

export function gapView({ start, end, bars, status, attempts, lastError }: SymbolGap): GapView {
  return { start: isoTime(start), end: isoTime(end), bars, status, attempts, lastError };
}
