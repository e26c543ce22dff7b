import type { SessionStatus } from '@barkeep/client';
import { sessionsTable, waitingText } from './session-text.js';

const NOW = Date.parse('2024-03-04T15:00:12Z');
const WAITING = { kind: 'repository' as const, what: ['vendor-b'], since: '2024-03-04T15:00:00.000Z', nextTryAt: null };

describe('what a session waits for', () => {
  it('is the sentence of the coordinator, with the time since it began and the time until the next attempt', () => {
    const detail = 'waiting for repository vendor-b: 403 forbidden';
    expect(waitingText({ ...WAITING, detail, nextTryAt: '2024-03-04T15:00:20.000Z' }, NOW)).toBe(
      'waiting for repository vendor-b: 403 forbidden (since 12 s; next try in 8 s)',
    );
  });

  it('is the kind of the wait when the coordinator gives no sentence', () => {
    expect(waitingText({ ...WAITING, what: [], since: null, detail: '' }, NOW)).toBe('waiting for repository');
  });

  it('is undefined when the session does not wait', () => expect(waitingText(null, NOW)).toBeUndefined());
});

it('the list of sessions shows full ids within 80 columns', () => {
  const counts = { expected: 19_500, filled: 19_497, absent: 0, missing: 3 };
  const common = { state: 'completed', progress: 1, clock: '2024-03-08T21:00:00.000Z', symbols: ['A'], counts };
  // A short id, the longest id that leaves room for the counts beside it, and a longer one.
  for (const id of ['march', 'fourteen-marks', 'session-01234567-89ab-cdef-0123-456789abcdef']) {
    const text = sessionsTable([{ ...common, id } as unknown as SessionStatus]);
    expect(text).toContain(id);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  }
});
