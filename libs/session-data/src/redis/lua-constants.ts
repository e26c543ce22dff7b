/** Constants that the Lua scripts share with TypeScript; scripts/lua-texts.mjs inserts their values into the scripts. */
export { ABSENT_UNASKED, ASKS_MAX, NO_TRADE, ORIGIN_OFFSET, RECORD_BYTES, UNFILLABLE } from '@barkeep/bars';

/** Counters in a partition's meta hash, in the order that drop-symbol.lua expects. */
export const COUNTERS = ['streamed', 'backfilled', 'noTrade', 'unfillable', 'absent'] as const;

/** The counters as Lua strings: `'streamed', 'backfilled', …`. */
export const COUNTER_NAMES = COUNTERS.map((name) => `'${name}'`).join(', ');
