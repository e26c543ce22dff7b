import { setImmediate as nextTurn } from 'node:timers/promises';
import { GapDetector } from './gap-detector.js';
import type { WorkParts } from './upkeep-sessions.js';

/** A detection in a session of one partition that is behind, has no gaps, and has this control. @returns what it removed and added */
async function detect(control: { isStopped: boolean }): Promise<unknown[]> {
  const done: unknown[] = [];
  const positions = [{ frontier: 20, watermark: 10, retainedFrom: 0 }];
  const store = {
    layout: { days: [], dayIndexAt: () => 0, firstKept: () => 0, end: 100, spec: { upkeep: { barrier: 'day' } } },
    isStopped: async () => control.isStopped,
    nextRetry: async () => undefined,
    positions: () => nextTurn(positions),
    dueRetries: async () => [],
    dirty: async () => [],
  };
  const producer = {
    addBackfills: async () => undefined,
    addAll: async (name: string) => void done.push(name),
    unschedule: async (incarnation: string) => void done.push(`unschedule ${incarnation}`),
  };
  const sessions = { with: (_session: unknown, work: (opened: unknown) => unknown) => work(store) };
  const parts = { sessions, producer, now: () => 0 } as unknown as WorkParts;
  await new GapDetector(parts).run({ sessionId: 's', incarnation: 'i', force: false });
  return done;
}

test('a detection removes the schedule of a stopped session, and keeps that of one that is started meanwhile', async () => {
  expect(await detect({ isStopped: true })).toEqual(['aggregate', 'unschedule i']);
  const control = { isStopped: true };
  const detecting = detect(control);
  control.isStopped = false;
  expect(await detecting).toEqual(['aggregate']);
});
