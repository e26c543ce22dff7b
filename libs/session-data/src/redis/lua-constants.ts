/** Constants that the Lua scripts share with TypeScript; scripts/lua-texts.mjs puts their values into the scripts. */
export { ABSENT_UNASKED, ASKS_MAX, NO_TRADE, ORIGIN_OFFSET, RECORD_BYTES, UNFILLABLE } from '@barkeep/bars';

/** Counters of a partition's meta hash, in the order in which drop-symbol.lua takes them. */
export const COUNTERS = ['streamed', 'backfilled', 'noTrade', 'unfillable', 'absent'] as const;

/** The same as the inside of a Lua table. */
export const COUNTER_NAMES = COUNTERS.map((name) => `'${name}'`).join(', ');
