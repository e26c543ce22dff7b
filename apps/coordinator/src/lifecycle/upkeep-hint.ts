/** Requests a session's upkeep now instead of at its next round. If this fails, the session's scheduler requests it later. */
import type { SessionLayout } from '@barkeep/session-data';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';

/** @param warn is called when the hint could not be queued */
export function hintUpkeep(
  producer: UpkeepProducer,
  { id: sessionId, incarnation }: SessionLayout,
  warn: (message: string, error: unknown) => void = () => undefined,
): void {
  producer
    .add('detect-gaps', { sessionId, incarnation, force: false })
    .catch((error: unknown) => warn('the upkeep hint was not queued', error));
}
