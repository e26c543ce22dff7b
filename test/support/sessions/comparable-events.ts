/**
 * The events of a session in a form in which those of two sessions can be compared: without what depends on the wall clock,
 * and independent of the parts in which workers repair a day.
 */

/** An event from the client or from the stream of server-sent events. It has more fields, which are compared as they are. */
export interface AnyEvent {
  type: string;
  date?: string;
  /** Simulated time of an event of the clock. */
  time?: number | string;
  /** By type of event: a number of symbols, their names, or a number of slots for each symbol (in `gap-settled`, one for each kind). */
  symbols?: number | string[] | Record<string, unknown>;
}

/** Fields whose values depend on the wall clock or on random numbers. */
const VARYING = new Set(['at', 'createdAt', 'updatedAt', 'storedAt', 'seenAt', 'since', 'waitedMs', 'cursor', 'pace']);

/** A copy of a value, as JSON, without {@link VARYING} at any depth. */
export function withoutWallClock(value: object): object {
  const text = JSON.stringify(value, (key, inner: unknown) => (VARYING.has(key) ? undefined : inner));
  return JSON.parse(text) as object;
}

/**
 * Numbers of slots in all events together, by `TYPE DATE SYMBOL` or `TYPE DATE SYMBOL KIND`. How many slots a single event
 * has depends on when a worker reads.
 */
export function slotTotals(events: readonly AnyEvent[]): Map<string, number> {
  const totals = new Map<string, number>();
  const add = (key: string, slots: number) => totals.set(key, (totals.get(key) ?? 0) + slots);
  for (const { type, date, symbols } of events) {
    if (typeof symbols !== 'object' || Array.isArray(symbols)) continue;
    for (const [symbol, slots] of Object.entries(symbols)) {
      const key = `${type} ${date} ${symbol}`;
      if (typeof slots === 'number') add(key, slots);
      else for (const [kind, ofKind] of Object.entries(slots as Record<string, number>)) add(`${key} ${kind}`, ofKind);
    }
  }
  return totals;
}

/**
 * The events of a session for a comparison: sorted, each once, without states and consumers. {@link slotTotals} replace the
 * events that have slots.
 * @param clockFrom epoch ms; earlier moves of the clock are left out, because how far each goes depends on when the
 * coordinator reads the limit
 */
export function comparableEvents(events: readonly AnyEvent[], clockFrom: number): object[] {
  const texts = new Set<string>();
  for (const event of events) {
    const { type, date, symbols, time } = event;
    if (type === 'state' || type.startsWith('consumer-')) continue;
    if (type === 'clock' && new Date(time!).getTime() < clockFrom) continue;
    if (Array.isArray(symbols)) for (const symbol of symbols) texts.add(JSON.stringify([type, date, symbol]));
    else if (typeof symbols !== 'object') texts.add(JSON.stringify(withoutWallClock(event)));
  }
  return [...[...texts].sort().map((text) => JSON.parse(text) as object), ...[...slotTotals(events)].sort()];
}
