/**
 * The parts that the API, the streams and the reconciler share: the records of sessions, their certificates and symbols, and the
 * controls of their stores. Each is built once. They use the API's connection; the stream has another one for windows of bars.
 */
import { Certificates } from './certificates.js';
import { Evictions } from './evictions.js';
import { LostTail } from './lost-tail.js';
import { SessionControl } from './session-control.js';
import type { Servers } from './session-row.js';
import { SymbolChanges } from './symbol-changes.js';

export interface SharedParts extends Servers {
  control: SessionControl;
  changes: SymbolChanges;
  certificates: Certificates;
  lostTail: LostTail;
  evictions: Evictions;
}

export function sharedParts(servers: Servers): SharedParts {
  const control = new SessionControl(servers);
  return {
    ...servers,
    control,
    changes: new SymbolChanges(servers),
    certificates: new Certificates(servers),
    lostTail: new LostTail(servers, control),
    evictions: new Evictions(servers),
  };
}
