/** A calendar of the user's own: tests store it as a file, because it is none of the shipped calendars. */

/** Trades on Mondays and Wednesdays, in two segments. */
export const MARS = {
  id: 'MARS',
  name: 'A venue of one’s own',
  zone: 'Europe/Berlin',
  firstDate: '2024-01-01',
  lastDate: '2024-12-31',
  hours: [
    {
      from: '2024-01-01',
      weekdays: ['Mon', 'Wed'],
      segments: [
        { open: '09:00', close: '10:30' },
        { open: '13:00', close: '14:00' },
      ],
    },
  ],
};
/** Minutes of a day's two segments. */
export const MARS_SLOTS = 90 + 60;
/** Fields of a spec for two trading days of this calendar, a Monday and a Wednesday in winter time. */
export const MARS_DATES = { calendar: 'MARS', start: '2024-03-04', end: '2024-03-06' };
