import { waitingText } from './session-text.js';

const NOW = Date.parse('2024-03-04T15:00:12Z');
const WAITING = { kind: 'repository' as const, what: ['vendor-b'], since: '2024-03-04T15:00:00.000Z', nextTryAt: null };

describe('what a session waits for', () => {
  it('is the sentence of the coordinator, since when, and when the next attempt is', () => {
    const detail = 'waiting for repository vendor-b: 403 forbidden';
    expect(waitingText({ ...WAITING, detail, nextTryAt: '2024-03-04T15:00:20.000Z' }, NOW)).toBe(
      'waiting for repository vendor-b: 403 forbidden (since 12 s; next try in 8 s)',
    );
  });

  it('is the kind alone when the coordinator answers nothing else', () => {
    expect(waitingText({ ...WAITING, what: [], since: null, detail: '' }, NOW)).toBe('waiting for repository');
    expect(waitingText(null, NOW)).toBeUndefined();
  });
});
