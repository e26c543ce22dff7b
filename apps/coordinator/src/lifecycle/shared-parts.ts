/**
 * The parts that the API, the streams and the reconciler share; each is built once. They use the API's connection to the session
 * Redis: the streams have another one for windows of bars.
 */
import { Certificates } from './certificates.js';
import { Evictions } from './evictions.js';
import { SessionControl } from './session-control.js';
import { SessionRemoval } from './session-removal.js';
import type { Servers } from './session-row.js';
import { SymbolChanges } from './symbol-changes.js';

export type SharedParts = ReturnType<typeof sharedParts>;

/** @param maxSymbolDays most symbols × trading days of a session */
export function sharedParts(servers: Servers, maxSymbolDays: number) {
  const changes = new SymbolChanges(servers, maxSymbolDays);
  return {
    ...servers,
    control: new SessionControl(servers),
    changes,
    removal: new SessionRemoval({ ...servers, changes }),
    certificates: new Certificates(servers),
    evictions: new Evictions(servers),
  };
}
