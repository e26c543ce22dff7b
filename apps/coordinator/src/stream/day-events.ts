/** The events of the places that a clock passes: a day's boundaries come with its date and the counts of its slots. */
import {
  countFields,
  countsBefore,
  readDaySlots,
  type ClockEvent,
  type ClockPlace,
  type SymbolDay,
  type UpkeepStore,
} from '@barkeep/session-data';
import type { DayChanges } from '../figures/index.js';

/** The events of some places, in order. A place's counts are of the day's bars that are visible there. */
export async function eventsOf(
  places: readonly ClockPlace[],
  store: UpkeepStore,
  dayChanges: DayChanges,
): Promise<ClockEvent[]> {
  const { layout } = store;
  const slotsByDay = new Map<number, SymbolDay[]>();
  const events: ClockEvent[] = [];
  for (const { type, time, dayIndex } of places) {
    if (type === 'clock') {
      events.push({ type, time });
      continue;
    }
    const { date, slotCount } = layout.grid(dayIndex);
    const day = { date, symbols: layout.symbols.length };
    if (type === 'day-opened') {
      const waitedMs = Math.round(dayChanges.waitedMs(dayIndex) * 1000) / 1000;
      events.push({ type, time, fields: { ...day, expected: slotCount * day.symbols, waitedMs } });
      continue;
    }
    const slots = slotsByDay.get(dayIndex) ?? (await readDaySlots(store, dayIndex));
    slotsByDay.set(dayIndex, slots);
    const visible = type === 'day-closed' ? slotCount : slotCount - 1;
    events.push({ type, time, fields: { ...day, ...countFields(countsBefore(slots, visible)) } });
  }
  return events;
}
