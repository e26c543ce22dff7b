import { layoutOf } from '../../../../test/support/sessions/session-layout.js';
import { clockLagMs } from './session-metrics.js';

const at = (time: string) => Date.parse(time);

const layout = (change: object) => layoutOf({ start: '2013-10-09', end: '2013-10-10', ...change });

describe('clockLagMs', () => {
  // The slots of a trading day are from 13:30 to 20:00 UTC.
  it.each([
    ['within a day', '2013-10-09T14:00:00Z', '2013-10-09T14:02:30Z', 120_000],
    ['in the night', '2013-10-09T20:00:00Z', '2013-10-10T09:00:00Z', 0],
    ['before the session', '2013-10-09T13:30:00Z', '2013-10-08T09:00:00Z', 0],
    ['after the session', '2013-10-10T20:00:00Z', '2013-12-24T09:00:00Z', 0],
  ])(
    'the lag of a fed session is the trading time from its clock to the last slot that has closed: %s',
    (_when, clock, now, lagMs) => {
      const fed = layout({ source: { type: 'feed' } });
      expect(clockLagMs(fed, { clock: at(clock), figures: { lagMs: 0 } }, at(now))).toBe(lagMs);
    },
  );

  it('the lag of a dataset session is that of its pace, and undefined without a pace', () => {
    const source = { type: 'dataset', dataset: 'lean' };
    const position = { clock: at('2013-10-09T14:00:00Z'), figures: { lagMs: 300 } };
    expect(clockLagMs(layout({ source, pace: { mode: 'clock', speed: 1 } }), position, Date.now())).toBe(300);
    expect(clockLagMs(layout({ source }), position, Date.now())).toBeUndefined();
  });
});
