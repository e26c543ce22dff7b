/** Liveness and readiness of a process. */
import { z } from 'zod';

export const liveAnswer = z.strictObject({ status: z.literal('live') });

export const readyAnswer = z.strictObject({
  status: z.literal('ready'),
  checks: z.record(z.string(), z.enum(['up', 'down'])).describe('each server behind the service'),
});
