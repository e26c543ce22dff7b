/** Warns of rows that no slot of a session takes: mostly a file that was imported in the wrong time zone. Pure. */
import type { SessionSpec } from '@barkeep/bars';
import type { OutsideDay, OutsideRows } from '@barkeep/session-data';

/** A smaller part of a date's rows is not worth a warning. */
const SHARE_MAX = 0.01;

/**
 * Rows in extended hours are normal, unless a date has more rows out of slots than in slots: rows of regular hours that were
 * imported in a wrong zone may all lie in extended hours.
 * A feed may begin with bars of extended hours, so these are compared with the others at its end.
 * @param streamed bars of the session in slots before the frontier @param isOver no further bars will come
 * @returns sentences about the first such date, or none
 */
export function outsideWarnings(
  { calendar, hours, source }: Pick<SessionSpec, 'calendar' | 'hours' | 'source'>,
  { days, outside, extended }: OutsideRows,
  { streamed, isOver }: { streamed: number; isOver: boolean },
): string[] {
  const where = `outside ${calendar} ${hours} hours; is the time zone right?`;
  if (source.type === 'feed') {
    if (!isOver && streamed === 0) return [];
    const rows = streamed + outside + extended;
    const wrong = isOver ? wrongRows({ rows, outside, extended }) : rowsOutside({ rows, outside });
    return wrong > 0 ? [`${wrong} of ${rows} fed bars are ${where}`] : [];
  }
  const [first, ...others] = days.filter((day) => wrongRows(day) > 0);
  if (!first) return [];
  const sentence = `${wrongRows(first)} of ${first.rows} rows of ${first.symbol} on ${first.date} are ${where}`;
  const more = `The same holds for ${others.length} more ${others.length > 1 ? 'days' : 'day'} of its symbols.`;
  return [others.length > 0 ? `${sentence} ${more}` : sentence];
}

/** The rows that a warning is about; 0 when none is due. */
function wrongRows({ rows, outside, extended }: Pick<OutsideDay, 'rows' | 'outside' | 'extended'>): number {
  return 2 * (outside + extended) > rows ? outside + extended : rowsOutside({ rows, outside });
}

/** The rows outside when they are worth a warning; otherwise 0. */
function rowsOutside({ rows, outside }: Pick<OutsideDay, 'rows' | 'outside'>): number {
  return outside > SHARE_MAX * rows ? outside : 0;
}
