/** Trading calendars: which hours a venue trades on a date. */
export * from './book.js';
export { Calendar, type Hours, type TradingDay } from './days.js';
export { decodeDays, encodeDays, sessionDays } from './kept-days.js';
export { isExtendedTime, outsideSpans, type OutsideSpan } from './outside.js';
export { CalendarDataError, parseCalendar, parseCalendars } from './parse.js';
export { DAY_MS, dateOf, epochDayOf, isDate, MINUTE_MS, parseIsoTime } from './time.js';
