/** One symbol's slots on one day. */
export interface SymbolDay {
  symbol: string;
  /** Presence bitmap of the base chunk; zeros when nothing was stored. */
  bitmap: Uint8Array;
  /** One state byte a base slot; undefined when nothing was ever missing or treated. */
  states: Uint8Array | undefined;
}
