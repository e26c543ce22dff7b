/** Trading calendars: which hours a venue trades on a date. */
export { CalendarBook } from './book.js';
export { calendarIds, calendarNamed, useCalendars } from './calendar.js';
export { DAY_MS, dateOf, epochDayOf } from './dates.js';
export { Calendar } from './days.js';
export { CalendarDataError, DuplicateCalendarError, UnknownCalendarError } from './errors.js';
export { decodeDays, encodeDays, sessionDays } from './kept-days.js';
export { parseCalendar, parseCalendars } from './parse.js';
export { type Hours, type Segment, type TradingDay } from './trading-day.js';
