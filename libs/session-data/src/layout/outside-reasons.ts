/** Reasons that mean that the calendar, or the session, has no slot for a bar. Such bars are counted separately from refused ones. */

/** A bar in hours that the calendar knows as extended, and the session does not have. */
export const EXTENDED_HOURS = 'extended-hours';

export function isOutsideReason(reason: string): boolean {
  return reason === 'outside-calendar' || reason === 'outside-session' || reason === EXTENDED_HOURS;
}
