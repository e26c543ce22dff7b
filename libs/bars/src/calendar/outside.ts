/** The spans of each local date in which a calendar has no slot: closed hours, breaks, closed dates. Marks extended hours. Pure. */
import type { Calendar, Hours, Segment } from './days.js';
import { dateOf, epochDayOf } from './time.js';

/** A time without a slot, `[from, to)` in epoch ms, within one local date. */
export interface OutsideSpan {
  /** The local date, `YYYY-MM-DD`. */
  date: string;
  from: number;
  to: number;
  kind: 'outside' | 'extended';
}

/**
 * The spans without a slot in a range of local dates, both included, in order and without overlap. A time on the last evening is not
 * outside when it is in the trading day of the next date, which may open on that evening.
 */
export function outsideSpans(calendar: Calendar, from: string, to: string, hours: Hours): OutsideSpan[] {
  const spans: OutsideSpan[] = [];
  // Without extended hours, or in a session of extended hours, no span is of kind `extended`.
  const marksExtended = hours === 'regular' && calendar.hasExtendedHours;
  for (let day = epochDayOf(from); day <= epochDayOf(to); day++) {
    const date = dateOf(day);
    const wholeDate = { open: calendar.startOf(date), close: calendar.startOf(dateOf(day + 1)) };
    // A trading day may reach into the dates before and after it.
    const slotSegments = segmentsBetween(calendar, day - 1, day + 1, hours);
    const extended = marksExtended ? segmentsBetween(calendar, day - 1, day + 1, 'extended') : [];
    for (const closed of uncovered(wholeDate, slotSegments)) {
      for (const { open, close } of uncovered(closed, extended))
        spans.push({ date, from: open, to: close, kind: 'outside' });
      for (const { open, close } of covered(closed, extended))
        spans.push({ date, from: open, to: close, kind: 'extended' });
    }
  }
  return spans.sort((left, right) => left.from - right.from);
}

/** Whether a time, epoch ms, is in extended hours of the calendar, and a session with these `hours` has no slot then. */
export function isExtendedTime(calendar: Calendar, time: number, hours: Hours): boolean {
  if (hours === 'extended' || !calendar.hasExtendedHours) return false;
  return calendar.tradingDayAt(time, 'extended') !== undefined && calendar.tradingDayAt(time) === undefined;
}

/** The segments of the known dates from `firstDay` to `lastDay`, both included, in order. */
function segmentsBetween(calendar: Calendar, firstDay: number, lastDay: number, hours: Hours): Segment[] {
  return calendar.knownTradingDays(dateOf(firstDay), dateOf(lastDay), hours).flatMap(({ segments }) => segments);
}

/** The parts of a span that none of the ordered segments covers. */
function uncovered(span: Segment, segments: readonly Segment[]): Segment[] {
  const parts: Segment[] = [];
  let { open } = span;
  for (const segment of segments) {
    if (segment.open > open) parts.push({ open, close: Math.min(segment.open, span.close) });
    open = Math.max(open, segment.close);
    if (open >= span.close) return parts;
  }
  parts.push({ open, close: span.close });
  return parts;
}

/** The parts of a span that one of the segments covers. */
function covered(span: Segment, segments: readonly Segment[]): Segment[] {
  return segments
    .map(({ open, close }) => ({ open: Math.max(open, span.open), close: Math.min(close, span.close) }))
    .filter(({ open, close }) => open < close);
}
