/** Asks for a session's upkeep now instead of at its next round. The session's scheduler asks again if this goes wrong. */
import type { SessionLayout } from '@barkeep/session-data';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';

/** @param warn is told when the hint could not be queued */
export function hintUpkeep(
  producer: UpkeepProducer,
  { id: sessionId, incarnation }: SessionLayout,
  warn: (message: string, error: unknown) => void = () => undefined,
): void {
  producer
    .add('detect-gaps', { sessionId, incarnation, force: false })
    .catch((error: unknown) => warn('the upkeep hint was not queued', error));
}
