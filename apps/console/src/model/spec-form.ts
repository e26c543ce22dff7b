/** Builds a session's spec from the texts of a form. The API checks the values. Pure. */

/** The texts of the inputs, by input name. */
export type SpecForm = Record<
  'id' | 'symbols' | 'calendar' | 'start' | 'end' | 'dataset' | 'backfill' | 'derivedIntervals' | 'pace' | 'barrier',
  string
>;

/** The spec that the API expects. */
export function specOf(form: SpecForm): Record<string, unknown> {
  const symbols = form.symbols.trim();
  return {
    ...(form.id.trim() === '' ? {} : { id: form.id.trim() }),
    // The word `dataset` means all symbols of the dataset.
    symbols: symbols === 'dataset' ? symbols : listed(symbols),
    calendar: form.calendar.trim(),
    start: form.start.trim(),
    end: form.end.trim(),
    derivedIntervals: listed(form.derivedIntervals),
    source: { type: 'dataset', dataset: form.dataset.trim() },
    backfill: listed(form.backfill),
    pace: paceOf(form.pace.trim()),
    upkeep: { barrier: barrierOf(form.barrier.trim()) },
  };
}

function listed(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** A number is the speed of a clock; other texts are modes. */
function paceOf(text: string): unknown {
  return isNumber(text) ? { mode: 'clock', speed: Number(text) } : { mode: text };
}

/** A number is minutes; other texts are passed as they are. */
function barrierOf(text: string): unknown {
  return isNumber(text) ? { minutes: Number(text) } : text;
}

function isNumber(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}
