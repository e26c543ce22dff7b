/** Checks arguments of public reads: Redis would refuse a wrong one with an error that does not name it. */

/** @throws RangeError unless the value is a whole number of at least `least`, or Infinity, which means no limit */
export function checkCount(name: string, value: number, least = 0): void {
  if ((Number.isInteger(value) || value === Infinity) && value >= least) return;
  throw new RangeError(`${name}: expected a whole number from ${least} on, was ${value}`);
}

/** @throws RangeError unless each value is a time, epoch ms; -Infinity and Infinity are before and after all times */
export function checkTimes(times: Readonly<Record<string, unknown>>): void {
  for (const [name, time] of Object.entries(times)) {
    if (Number.isNaN(Number(time))) throw new RangeError(`${name}: expected a time in epoch ms, was ${String(time)}`);
  }
}
