/** All faults. */
import { callFaults } from './calls.js';
import type { Fault } from './fault.js';
import { networkFaults } from './network.js';
import { postgresFaults } from './postgres.js';
import { processFaults } from './processes.js';
import { redisFaults } from './redis.js';

export const FAULTS: readonly Fault[] = [
  ...processFaults,
  ...redisFaults,
  ...postgresFaults,
  ...networkFaults,
  ...callFaults,
];

/** @throws Error for an unknown name */
export function faultNamed(name: string): Fault {
  const found = FAULTS.find((fault) => fault.name === name);
  if (!found) throw new Error(`expected a fault of ${FAULTS.map((fault) => fault.name).join(', ')}, was ${name}`);
  return found;
}
