/** The reasons for which a bar has no slot in the calendar or the session. Such bars are counted separately from refused ones. */

/** The reason for a bar in the calendar's extended hours, in a session of regular hours. */
export const EXTENDED_HOURS = 'extended-hours';

const OUTSIDE_REASONS: ReadonlySet<string> = new Set(['outside-calendar', 'outside-session', EXTENDED_HOURS]);

/** True for the reason of a bar without a slot; false for a reason for which a bar is refused. */
export function isOutsideReason(reason: string): boolean {
  return OUTSIDE_REASONS.has(reason);
}
