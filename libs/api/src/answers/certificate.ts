/** The certificate of a session, also as `barkeep certify` saves it. */
import { sessionSpecSchema } from '@barkeep/bars';
import { z } from 'zod';
import { consumerAnswer } from './session.js';
import { date, sha256, slotCounts, time } from '../values.js';

export const certifiedDayAnswer = z.strictObject({
  date,
  open: time.describe('first open'),
  close: time.describe('last close'),
  digest: sha256.describe('over the chunks of the day'),
  counts: z.strictObject(slotCounts).describe('base slots of all symbols'),
});

export const certifiedConsumerAnswer = consumerAnswer.omit({ state: true, seenAt: true });
/** What was delivered to one consumer of a session. */
export type CertifiedConsumerAnswer = z.output<typeof certifiedConsumerAnswer>;

export const certificateAnswer = z.strictObject({
  session: z.string(),
  spec: sessionSpecSchema().omit({ id: true }).describe('without its id'),
  daysHash: sha256.describe('of the trading days that the session was created with'),
  datasets: z.array(z.string()).describe('by their number in the bars: the source, then those that fill its gaps'),
  from: z
    .enum(['store', 'kept'])
    .describe('store: computed now; kept: the store is gone, and this is what it held when the session completed'),
  storedAt: time.nullable().describe('when the certificate was kept; null when none was'),
  changedSince: z.array(date).describe('days that were repaired after the certificate was kept'),
  complete: z.boolean().describe('every day of the session that is retained is whole'),
  days: z.array(certifiedDayAnswer).describe('days that the clock and upkeep have passed, oldest first'),
  digest: sha256.describe('of the chain of days; zeros without a day'),
  consumers: z.array(certifiedConsumerAnswer).describe('what was delivered to each consumer; in no digest'),
});
export type CertificateAnswer = z.output<typeof certificateAnswer>;
