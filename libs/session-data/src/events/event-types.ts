/**
 * The events of a session: their names, their fields, and how entries of the stream are parsed. One table; the types are
 * derived from it. What each event means: docs/api.md. Pure.
 */
import type { SlotCounts } from '@barkeep/bars';

/** Reads one field; undefined when the text is not what it should be. */
type Field<T> = (text: string) => T | undefined;

const word: Field<string> = (text) => text;
const number: Field<number> = (text) => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined);
/** Epoch ms. */
const time: Field<number> = number;
const bySymbol = <T>(isOne: (value: unknown) => value is T): Field<Record<string, T>> => {
  return (text) => {
    const value = parsed(text);
    return isRecord(value) && Object.values(value).every(isOne) ? (value as Record<string, T>) : undefined;
  };
};
const barsBySymbol = bySymbol((bars) => typeof bars === 'number');
/** Slots that were settled without a bar, by symbol. */
const settledBySymbol = bySymbol(isSettled);
const symbolList: Field<string[]> = (text) => {
  const value = parsed(text);
  return Array.isArray(value) && value.every((symbol) => typeof symbol === 'string') ? value : undefined;
};

/** How many slots were settled in each way. */
export interface SettledSlots {
  noTrade: number;
  unfillable: number;
  absent: number;
}

/** The counts in an event, in the order in which they are written. */
const COUNTS = ['expected', 'filled', 'streamed', 'backfilled', 'noTrade', 'unfillable', 'absent', 'missing'] as const;
const SLOTS = Object.fromEntries(COUNTS.map((name) => [name, number])) as Record<
  (typeof COUNTS)[number],
  Field<number>
>;
const DAY = { time, date: word, symbols: number };
const CONSUMER = { time, consumer: word, position: time };

/** Every event and its fields. */
const EVENTS = {
  clock: { time },
  'day-opened': { ...DAY, expected: number, waitedMs: number },
  'day-closing': { ...DAY, ...SLOTS },
  'day-closed': { ...DAY, ...SLOTS },
  'day-timed-out': { time, date: word, timeoutMs: number },
  state: { state: word, error: word },
  'consumer-joined': CONSUMER,
  'consumer-left': { ...CONSUMER, reason: word },
  'consumer-dropped': { ...CONSUMER, silentMs: number },
  'stream-silent': { time, symbol: word },
  'gap-found': { date: word, symbols: barsBySymbol },
  'gap-filled': { date: word, symbols: barsBySymbol },
  'gap-settled': { date: word, symbols: settledBySymbol },
  'late-bars': { date: word, symbols: barsBySymbol },
  'repository-failed': { repository: word, error: word, nextTryAt: time },
  'repository-recovered': { repository: word, failedMs: number },
  derived: { date: word, symbols: symbolList },
  quality: { date: word, symbols: number, ...SLOTS, barQuality: number },
} as const satisfies Record<string, Record<string, Field<unknown>>>;

/** Fields that an event may lack. */
const OPTIONAL: ReadonlySet<string> = new Set(['error']);

export type SessionEventType = keyof typeof EVENTS;
/** All names of events. */
export const SESSION_EVENT_TYPES = Object.keys(EVENTS) as SessionEventType[];
/** Names of the fields that hold a time, epoch ms. */
export const EVENT_TIME_FIELDS: ReadonlySet<string> = new Set(['time', 'position', 'nextTryAt']);

type FieldsOf<T extends SessionEventType> = {
  [F in Exclude<keyof (typeof EVENTS)[T], 'error'>]: (typeof EVENTS)[T][F] extends Field<infer V> ? V : never;
} & ('error' extends keyof (typeof EVENTS)[T] ? { error?: string } : object);

/** One event: its type, its fields, and when the store took it (`at`, epoch ms of the wall clock). */
export type SessionEvent = { [T in SessionEventType]: { type: T; at: number } & FieldsOf<T> }[SessionEventType];

/** The event of a stream's entry; undefined for a type that this version does not know. @param at epoch ms */
export function parseEvent(list: readonly string[], at: number): SessionEvent | undefined {
  const texts: Record<string, string> = {};
  for (let i = 0; i + 1 < list.length; i += 2) texts[list[i]!] = list[i + 1]!;
  const { type } = texts;
  if (type === undefined || !isEventType(type)) return undefined;
  const event: Record<string, unknown> = { type, at };
  for (const [name, read] of Object.entries<Field<unknown>>(EVENTS[type])) {
    const value = texts[name] === undefined ? undefined : read(texts[name]);
    if (value !== undefined) event[name] = value;
    else if (!OPTIONAL.has(name)) return undefined;
  }
  return event as SessionEvent;
}

/** Types that report a change of bars. A strategy sees such an event once the clock has passed the slots that it covers. */
export const CHANGES: ReadonlySet<SessionEventType> = new Set([
  'gap-found',
  'gap-filled',
  'gap-settled',
  'late-bars',
  'derived',
  'quality',
  'day-timed-out',
]);

/** The counts as fields of an event. */
export function countFields(counts: SlotCounts): Record<string, number> {
  return Object.fromEntries(COUNTS.map((name) => [name, counts[name]]));
}

/** Whether an event has this name. */
export function isEventType(name: string): name is SessionEventType {
  return Object.hasOwn(EVENTS, name);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSettled(value: unknown): value is SettledSlots {
  return isRecord(value) && ['noTrade', 'unfillable', 'absent'].every((name) => typeof value[name] === 'number');
}
