/**
 * The variables that set how upkeep works where a session's spec does not say: a part of the table in `variables.ts`, under
 * the names that users of the first version know.
 */
import { isInterval } from '@barkeep/bars';
import { flag, integer, list } from './variable.js';

/** `5m, 1h`, or the list of minutes that the first version took: `[5, 60]`. */
function splitIntervals(raw: string): string[] {
  const minutes = /^\[(.*)\]$/s.exec(raw.trim())?.[1];
  const items = (minutes ?? raw).split(',').map((item) => item.trim());
  if (minutes === undefined) return items;
  return minutes.trim() === '' ? [] : items.map((item) => (/^\d+$/.test(item) ? `${item}m` : item));
}

/** In the order of `.env.example`. */
export const upkeepVariables = {
  upkeepEnabled: flag({
    name: 'DATA_UPKEEP_ENABLED',
    doc: 'Keeps the data of sessions complete, unless their spec says otherwise.',
    default: true,
  }),
  upkeepCheckInterval: integer({
    name: 'DATA_UPKEEP_CHECK_INTERVAL_SECONDS',
    doc: 'Wall time between two upkeep rounds of a session.',
    unit: 'seconds',
    default: 60,
    min: 1,
    max: 86_400,
  }),
  upkeepRetryMissingBars: flag({
    name: 'DATA_UPKEEP_RETRY_MISSING_BARS',
    doc: 'Asks again for bars that a repository answered without.',
    default: true,
  }),
  upkeepMaxRetries: integer({
    name: 'DATA_UPKEEP_MAX_RETRIES',
    doc: 'Asks for an absent bar before it is settled as unfillable.',
    unit: 'asks',
    default: 5,
    min: 1,
    max: 100,
  }),
  upkeepDerivedIntervals: list({
    name: 'DATA_UPKEEP_DERIVED_INTERVALS',
    doc: 'Intervals derived from the base interval, or a list of minutes such as [5, 15]; the word none for none.',
    unit: 'comma list',
    default: '5m,15m',
    accepts: isInterval,
    expected: 'such as 5m, 1h or 1d (1d is the trading day, 24h is 24 hours)',
    max: 16,
    split: splitIntervals,
  }),
  upkeepAutoComputeDerived: flag({
    name: 'DATA_UPKEEP_AUTO_COMPUTE_DERIVED',
    doc: 'Computes derived bars without being asked.',
    default: true,
  }),
};
