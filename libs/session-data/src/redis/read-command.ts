/** A Redis command that only reads: its name, then its arguments. */
export type ReadCommand = (string | number)[];
