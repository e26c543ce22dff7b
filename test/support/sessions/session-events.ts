/** Reads the events of a session from the store, and computes the events that complete days must have. */
import { DayGrid, parseInterval, type TradingDay } from '@barkeep/bars';
import { Redis } from 'ioredis';

export interface StoredEvent {
  /** When the store received it: epoch ms of real time. */
  at: number;
  type: string;
  /** Simulated time, epoch ms. */
  time: number;
  /** All other fields. */
  fields: Record<string, string>;
}

/** Types of the events of the clock and of days. The stream also has events of upkeep, states and consumers. */
const OF_THE_CLOCK: ReadonlySet<string> = new Set([
  'clock',
  'day-opened',
  'day-closing',
  'day-closed',
  'day-timed-out',
]);
/** Types of the events of consumers. */
export const OF_CONSUMERS: ReadonlySet<string> = new Set(['consumer-joined', 'consumer-dropped', 'consumer-left']);

/** All events of a session's clock and days, or of the given types, in order. */
export async function eventsOf(prefix: string, id: string, types = OF_THE_CLOCK): Promise<StoredEvent[]> {
  const redis = new Redis(process.env['SESSION_REDIS_URL']!);
  try {
    const entries = await redis.xrange(`${prefix}:{${id}:0}:events`, '-', '+');
    // An entry's id is `MS-SEQUENCE`. Its list alternates names and values of fields.
    const events = entries.map(([entryId, list]) => {
      const fields: Record<string, string> = {};
      for (let i = 0; i < list.length; i += 2) fields[list[i]!] = list[i + 1]!;
      const { type = '', time = '', ...otherFields } = fields;
      return { at: Number(entryId.split('-')[0]), type, time: Number(time), fields: otherFields };
    });
    return events.filter(({ type }) => types.has(type));
  } finally {
    redis.disconnect();
  }
}

/** Events as texts `TYPE TIME`, for comparisons. */
export const eventTexts = (events: readonly Pick<StoredEvent, 'type' | 'time'>[]) =>
  events.map(({ type, time }) => `${type} ${new Date(time).toISOString()}`);

/**
 * The events that a session must emit when its clock stops at every bar: each once, in this order. The clock is at the
 * first day's open from the beginning, so only later days have a `clock` event there.
 */
export function minuteByMinute(days: readonly TradingDay[]): { type: string; time: number }[] {
  return days.flatMap((day, i) => {
    const grid = new DayGrid(day, parseInterval('1m'));
    const closes = Array.from({ length: grid.slotCount }, (_, slot) => grid.closeTime(slot));
    const lastSlot = grid.slotCount - 1;
    return [
      ...(i === 0 ? [] : [{ type: 'clock', time: grid.open }]),
      { type: 'day-opened', time: grid.open },
      ...closes.slice(0, lastSlot).map((time) => ({ type: 'clock', time })),
      { type: 'day-closing', time: grid.openTime(lastSlot) },
      { type: 'clock', time: grid.close },
      { type: 'day-closed', time: grid.close },
    ];
  });
}
