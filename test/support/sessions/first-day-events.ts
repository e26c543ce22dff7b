/** The events of the first day of ../data/futures.ts, as a strategy gets them. */
import type { ClientSession } from '@barkeep/client';
import { FIRST_CLOSE, FUTURE_SYMBOLS, HOLES_OF_PAST } from '../data/futures.js';
import type { Api } from '../system/api.js';
import { comparableEvents, slotTotals, type AnyEvent } from './comparable-events.js';
import { EventListener } from './event-listener.js';

/** The events up to the first close from the stream of server-sent events, as {@link comparableEvents}. */
export async function sentEvents({ api, id }: { api: Api; id: string }): Promise<object[]> {
  const listener = await EventListener.connect(api.url, `/v1/sessions/${id}/events?from=beginning`);
  const events = () => listener.events.map(({ type, data }): AnyEvent => ({ ...data, type }));
  await listener.until(() => areOfWholeDay(events()));
  listener.close();
  return comparableEvents(events(), FIRST_CLOSE);
}

/** The events up to the first close from the client, as {@link comparableEvents}. */
export async function clientEvents(session: ClientSession): Promise<object[]> {
  const events: AnyEvent[] = [];
  for await (const event of session.events({ from: 'beginning' })) {
    events.push(event);
    if (areOfWholeDay(events)) break;
  }
  return comparableEvents(events, FIRST_CLOSE);
}

/** Whether the events include the close, the quality, a derived bar and all repaired slots of the first day. */
function areOfWholeDay(events: readonly AnyEvent[]): boolean {
  const types = new Set(events.map(({ type }) => type));
  let filledSlots = 0;
  for (const [key, slots] of slotTotals(events)) if (key.startsWith('gap-filled ')) filledSlots += slots;
  const hasDay = types.has('day-closed') && types.has('quality') && types.has('derived');
  return hasDay && filledSlots === HOLES_OF_PAST * FUTURE_SYMBOLS.length;
}
