/** Which symbol a row belongs to, and where its bars go. */
import type { MutablePart } from './row-packer.js';

/** Symbols by their numbers, each with the part that its bars go into. */
export type SymbolParts = Map<number, { symbol: string; part: MutablePart }>;
