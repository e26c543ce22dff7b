/** Reads and writes tables of trading days: `date,open,close,break_start,break_end`, times in UTC. */
import { readFileSync } from 'node:fs';
import { IANAZone } from 'luxon';

const MINUTE_MS = 60_000;

/** The trading days of a table: date, and segments in wall time of the zone, in minutes from the date's midnight. */
export function readTable(file, zone) {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [day, open, close, breakStart, breakEnd] = line.split(',');
    const date = day.slice(0, 10);
    const utc = breakStart ? [[open, breakStart], [breakEnd, close]] : [[open, close]]; // prettier-ignore
    return { date, segments: utc.map((times) => times.map((time) => wallMinute(Date.parse(time), date, zone))) };
  });
}

/** The trading days of a calendar in the same form. */
export function wallDays(days, zone) {
  return days.map(({ date, segments }) => ({
    date,
    segments: segments.map(({ open, close }) => [open, close].map((time) => wallMinute(time, date, zone))),
  }));
}

/** Minutes of wall time from a date's midnight to a moment; negative on the previous evening. */
function wallMinute(time, date, zone) {
  return (time - Date.parse(date)) / MINUTE_MS + IANAZone.create(zone).offset(time);
}

/** Trading days as the text of a table. */
export function tableText(days) {
  const iso = (ms) => (ms === undefined ? '' : `${new Date(ms).toISOString().slice(0, 19)}Z`);
  const rows = days.map(({ date, segments: [first, second] }) =>
    [`${date}T00:00:00Z`, first.open, (second ?? first).close, second && first.close, second?.open]
      .map((value, i) => (i === 0 ? value : iso(value)))
      .join(','),
  );
  return `${['date,open,close,break_start,break_end', ...rows].join('\n')}\n`;
}

/** Start of the pre-market, and end of the after-market on regular and on early-close days, as `HH:MM`. */
export function readExtendedHours(file) {
  const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) => line.split(',')); // prettier-ignore
  const find = (kind, phase) => rows.find((row) => row[0] === kind && row[1] === phase);
  return {
    open: find('regular', 'pre-market')[2],
    close: find('regular', 'after-hours')[3],
    earlyClose: find('early-close', 'after-hours')[3],
  };
}
