import {
  CalendarBook,
  DuplicateCalendarError,
  UnknownCalendarError,
  calendarIds,
  calendarNamed,
  parseCalendar,
} from './index.js';

/** A calendar of a user. */
const ownCalendar = (id: string) =>
  parseCalendar({
    id,
    name: 'A venue of a user',
    zone: 'UTC',
    firstDate: '2024-01-01',
    lastDate: '2024-12-31',
    hours: [{ from: '2024-01-01', weekdays: ['Mon'], segments: [{ open: '00:00', close: '24:00' }] }],
  });

describe('the book of calendars', () => {
  it('the shipped calendars have these ids', () => {
    const venues =
      'XNYS XNAS XLON XTKS XHKG XBOM XETR XPAR XAMS XSWX XMIL XTSE XASX XKRX XSHG XTAI XSES BVMF XJSE CMES FX';
    const ids = [...venues.split(' '), '24/5', '24/7'];
    expect(calendarIds()).toEqual(ids);
    expect(ids.map((id) => calendarNamed(id).id)).toEqual(ids);
  });

  it('a name always returns the same object', () => {
    expect(calendarNamed('XNYS')).toBe(calendarNamed('XNYS'));
  });

  it.each(['XNYZ', 'xnys', '', '__proto__', 'constructor'])(
    '%j is unknown, and the error lists the known names',
    (id) => {
      expect(() => calendarNamed(id)).toThrow(UnknownCalendarError);
      expect(() => calendarNamed(id)).toThrow(
        `expected one of the calendars ${calendarIds().join(', ')}, was ${JSON.stringify(id)}`,
      );
    },
  );

  it('calendars of a user come after the shipped ones, and cannot take a name that is in use', () => {
    const mine = ownCalendar('MINE');
    const book = new CalendarBook([mine]);
    expect(book.named('MINE')).toBe(mine);
    expect(book.ids().at(-1)).toBe('MINE');
    expect(() => new CalendarBook([ownCalendar('XNAS')])).toThrow(DuplicateCalendarError);
    expect(() => new CalendarBook([mine, ownCalendar('MINE')])).toThrow(DuplicateCalendarError);
  });
});
