import { parseSessionSpec } from '@barkeep/bars';
import { SessionLayout } from '@barkeep/session-data';
import { clockLagMs } from './session-metrics.js';

const at = (time: string) => Date.parse(time);

function layout(spec: object): SessionLayout {
  const dates = { symbols: ['SPY'], start: '2013-10-09', end: '2013-10-10' };
  return new SessionLayout('s', 'i', parseSessionSpec({ ...dates, ...spec }), 'test', 0);
}

describe('clockLagMs', () => {
  it('of a fed session is behind the last slot that has passed, and nights are no lag', () => {
    const fed = layout({ source: { type: 'feed' } });
    const lagOf = (clock: string, now: string) => clockLagMs(fed, { clock: at(clock), figures: { lagMs: 0 } }, at(now));
    expect(lagOf('2013-10-09T14:00:00Z', '2013-10-09T14:02:30Z')).toBe(120_000);
    expect(lagOf('2013-10-09T20:00:00Z', '2013-10-10T09:00:00Z')).toBe(0);
    expect(lagOf('2013-10-09T13:30:00Z', '2013-10-08T09:00:00Z')).toBe(0);
    expect(lagOf('2013-10-10T20:00:00Z', '2013-12-24T09:00:00Z')).toBe(0);
  });

  it('with a pace is what the pace says, and without one there is none', () => {
    const source = { type: 'dataset', dataset: 'lean' };
    const position = { clock: at('2013-10-09T14:00:00Z'), figures: { lagMs: 300 } };
    expect(clockLagMs(layout({ source, pace: { mode: 'clock', speed: 1 } }), position, Date.now())).toBe(300);
    expect(clockLagMs(layout({ source }), position, Date.now())).toBeUndefined();
  });
});
