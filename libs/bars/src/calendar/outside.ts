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
 * The spans without a slot in a range of local dates, both included, in order and without overlap. The last evening may be in the trading
 * day of the next date: then it is not outside.
 */
export function outsideSpans(calendar: Calendar, from: string, to: string, hours: Hours): OutsideSpan[] {
  const spans: OutsideSpan[] = [];
  const marksExtended = hours === 'regular' && calendar.hasExtendedHours;
  for (let day = epochDayOf(from); day <= epochDayOf(to); day++) {
    const date = dateOf(day);
    const wholeDate = { open: calendar.startOf(date), close: calendar.startOf(dateOf(day + 1)) };
    // A trading day may reach into the dates before and after it.
    const slotSegments = segmentsBetween(calendar, day - 1, day + 1, hours);
    const extended = marksExtended ? segmentsBetween(calendar, day - 1, day + 1, 'extended') : [];
    const closed = cut(wholeDate, slotSegments).filter(({ isCovered }) => !isCovered);
    for (const { open, close, isCovered } of closed.flatMap((span) => cut(span, extended))) {
      spans.push({ date, from: open, to: close, kind: isCovered ? 'extended' : 'outside' });
    }
  }
  return spans;
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

/** Cuts a span into parts that one of the ordered segments covers, and parts that none covers. @returns all parts in order */
function cut(span: Segment, segments: readonly Segment[]): (Segment & { isCovered: boolean })[] {
  const parts: (Segment & { isCovered: boolean })[] = [];
  const add = (open: number, close: number, isCovered: boolean) => {
    if (open < close) parts.push({ open, close, isCovered });
  };
  let { open } = span; // of the rest
  for (const segment of segments) {
    const start = Math.max(open, Math.min(segment.open, span.close));
    const end = Math.max(start, Math.min(segment.close, span.close));
    add(open, start, false);
    add(start, end, true);
    open = end;
  }
  add(open, span.close, false);
  return parts;
}
