/** Trading calendars: which hours a venue trades on a date. */
export { CalendarBook, calendarIds, calendarNamed, useCalendars } from './book.js';
export { DAY_MS, dateOf, epochDayOf, isDate } from './dates.js';
export { Calendar, type Hours, type Segment, type TradingDay } from './days.js';
export { CalendarDataError, DuplicateCalendarError, UnknownCalendarError } from './errors.js';
export { decodeDays, encodeDays, sessionDays } from './kept-days.js';
export { parseCalendar, parseCalendars } from './parse.js';
