/** The events of a session. One table defines names and fields; types and the parser follow from it. Meanings: docs/api.md. Pure. */
import type { SlotCounts } from '@barkeep/bars';

/** A kind of field: the function that parses its text. It returns undefined when the text is invalid. */
type Field<T> = (text: string) => T | undefined;
/** What the parser of a kind of field returns for a valid text. */
type ValueOf<F> = F extends Field<infer T> ? T : never;

const anyText: Field<string> = (text) => text;
const anyNumber: Field<number> = (text) => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined);
/** Epoch ms. */
const time: Field<number> = anyNumber;
/** A JSON object with a value for each symbol. */
const bySymbol = <T>(isValue: (value: unknown) => value is T): Field<Record<string, T>> => {
  return (text) => {
    const value = parseJson(text);
    return isRecord(value) && Object.values(value).every(isValue) ? (value as Record<string, T>) : undefined;
  };
};
const slotsBySymbol = bySymbol((slots) => typeof slots === 'number');
const settledBySymbol = bySymbol(isSettled);
/** A JSON array of symbols. */
const symbolList: Field<string[]> = (text) => {
  const value = parseJson(text);
  return Array.isArray(value) && value.every((symbol) => typeof symbol === 'string') ? value : undefined;
};

/** How many slots became no-trade, unfillable and, for the first time, absent. An absent slot is not settled, but reported with these. */
export type SettledSlots = Record<'noTrade' | 'unfillable' | 'absent', number>;

/** The counts in an event, in the order in which they are written. */
const COUNTS = ['expected', 'filled', 'streamed', 'backfilled', 'noTrade', 'unfillable', 'absent', 'missing'] as const;
type CountFields = Record<(typeof COUNTS)[number], Field<number>>;
const SLOT_COUNTS = Object.fromEntries(COUNTS.map((name) => [name, anyNumber])) as CountFields;
/** `symbols` is how many symbols the session has. */
const DAY_FIELDS = { time, date: anyText, symbols: anyNumber };
const CONSUMER_FIELDS = { time, consumer: anyText, position: time };

/** Every event and its fields. */
const EVENTS = {
  clock: { time },
  'day-opened': { ...DAY_FIELDS, expected: anyNumber, waitedMs: anyNumber },
  'day-closing': { ...DAY_FIELDS, ...SLOT_COUNTS },
  'day-closed': { ...DAY_FIELDS, ...SLOT_COUNTS },
  'day-timed-out': { time, date: anyText, timeoutMs: anyNumber },
  state: { state: anyText, error: anyText },
  'consumer-joined': CONSUMER_FIELDS,
  'consumer-left': { ...CONSUMER_FIELDS, reason: anyText },
  'consumer-dropped': { ...CONSUMER_FIELDS, silentMs: anyNumber },
  'stream-silent': { time, symbol: anyText },
  'gap-found': { date: anyText, symbols: slotsBySymbol },
  'gap-filled': { date: anyText, symbols: slotsBySymbol },
  'gap-settled': { date: anyText, symbols: settledBySymbol },
  'late-bars': { date: anyText, symbols: slotsBySymbol },
  'repository-failed': { repository: anyText, error: anyText, nextTryAt: time },
  'repository-recovered': { repository: anyText, failedMs: anyNumber },
  derived: { date: anyText, symbols: symbolList },
  quality: { date: anyText, symbols: anyNumber, ...SLOT_COUNTS, barQuality: anyNumber },
} as const satisfies Record<string, Record<string, Field<unknown>>>;

/** The only field that an event may lack. */
const OPTIONAL_FIELD = 'error';

export type SessionEventType = keyof typeof EVENTS;
export const SESSION_EVENT_TYPES = Object.keys(EVENTS) as SessionEventType[];
/** The types that strategies get. Only operators learn that a repository fails, because it may fail for slots after the clock. */
export const STRATEGY_EVENT_TYPES = SESSION_EVENT_TYPES.filter((type) => !type.startsWith('repository-'));
/** Names of the fields that hold a time, epoch ms. */
export const EVENT_TIME_FIELDS: ReadonlySet<string> = new Set(['time', 'position', 'nextTryAt']);

/** The fields of an event with their values. */
type FieldsOf<T extends SessionEventType> = {
  [F in Exclude<keyof (typeof EVENTS)[T], typeof OPTIONAL_FIELD>]: ValueOf<(typeof EVENTS)[T][F]>;
} & (typeof OPTIONAL_FIELD extends keyof (typeof EVENTS)[T] ? { [OPTIONAL_FIELD]?: string } : object);

/** One event: its type, its fields, and when Redis stored it (`at`, epoch ms of the wall clock). */
export type SessionEvent = { [T in SessionEventType]: { type: T; at: number } & FieldsOf<T> }[SessionEventType];

/** Parses names and values of an entry that Redis stored at `at` (epoch ms); undefined for an unknown type or invalid fields. */
export function parseEvent(entry: readonly string[], at: number): SessionEvent | undefined {
  const texts: Record<string, string> = {};
  for (let nameAt = 0; nameAt + 1 < entry.length; nameAt += 2) texts[entry[nameAt]!] = entry[nameAt + 1]!;
  const { type } = texts;
  if (type === undefined || !isEventType(type)) return undefined;
  const event: Record<string, unknown> = { type, at };
  for (const [name, parse] of Object.entries<Field<unknown>>(EVENTS[type])) {
    const value = texts[name] === undefined ? undefined : parse(texts[name]);
    if (value !== undefined) event[name] = value;
    else if (name !== OPTIONAL_FIELD) return undefined;
  }
  return event as SessionEvent;
}

/** Types of events that report a change of bars or slots. A strategy sees such an event once the clock has passed these slots. */
export const CHANGES: ReadonlySet<SessionEventType> = new Set([
  'gap-found',
  'gap-filled',
  'gap-settled',
  'late-bars',
  'derived',
  'quality',
  'day-timed-out',
]);

/** The counts as fields of an event, in the order in which events have them. */
export function countFields(counts: SlotCounts): Record<string, number> {
  return Object.fromEntries(COUNTS.map((name) => [name, counts[name]]));
}

export function isEventType(name: string): name is SessionEventType {
  return Object.hasOwn(EVENTS, name);
}

function parseJson(text: string): unknown {
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
