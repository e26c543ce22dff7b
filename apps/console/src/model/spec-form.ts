/** Builds a session's spec from the texts of a form. The API checks the values. Pure. */

/** The texts of the inputs, by input name. */
export type SpecForm = Record<
  'id' | 'symbols' | 'calendar' | 'start' | 'end' | 'dataset' | 'backfill' | 'derivedIntervals' | 'pace' | 'barrier',
  string
>;

/** The spec that the API expects. In `pace` and `barrier`, a number is the speed of a clock and minutes; other texts are passed as they are. */
export function specOf(form: SpecForm): Record<string, unknown> {
  const trimmed = Object.entries(form).map(([name, text]) => [name, text.trim()]);
  const { id, symbols, dataset, derivedIntervals, backfill, pace, barrier, ...same } = Object.fromEntries(
    trimmed,
  ) as SpecForm;
  return {
    ...(id === '' ? {} : { id }),
    symbols: symbols === 'dataset' ? symbols : listed(symbols), // the word `dataset` means all symbols of the dataset
    ...same,
    derivedIntervals: listed(derivedIntervals),
    source: { type: 'dataset', dataset },
    backfill: listed(backfill),
    pace: isNumber(pace) ? { mode: 'clock', speed: Number(pace) } : { mode: pace },
    upkeep: { barrier: isNumber(barrier) ? { minutes: Number(barrier) } : barrier },
  };
}

function listed(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

function isNumber(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}
