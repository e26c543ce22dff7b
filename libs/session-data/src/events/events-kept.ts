/** Entries that each event stream keeps, approximately: Redis trims whole nodes. */
export const EVENTS_KEPT = 10_000;
