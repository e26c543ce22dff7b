/** The reasons for which a bar has no slot in the calendar or the session. Such bars are counted separately from refused ones. */

/** The reason for a bar in the calendar's extended hours, in a session of regular hours. */
export const EXTENDED_HOURS = 'extended-hours';

/** Whether a bar that was refused for this reason has no slot. */
export function isOutsideReason(reason: string): boolean {
  return reason === 'outside-calendar' || reason === 'outside-session' || reason === EXTENDED_HOURS;
}
