/** The states of a session: part of the API and of a session's row alike. */

/** Every state, in the order in which a session usually meets them. */
export const SESSION_STATES = [
  'created',
  'running',
  'paused',
  'waiting-upkeep',
  'completed',
  'stopped',
  'failed',
  'lost',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];
