/** Errors about a header or its columns. Each names what was expected and what the file has. */
import { FilePlanError } from '../reading/index.js';

export const NO_VOLUME_HINT = '; for a file without volume, add --volume none';
/** Most names that a message shows, and most characters of each. */
const SHOWN_NAMES_MAX = 20;
const SHOWN_CHARS_MAX = 40;

export function unusableHeader(message: string): FilePlanError {
  return new FilePlanError('unusable-header', message);
}

/** The names for a message: the first ones, each cut to a maximum length. */
export function quoted(header: readonly string[]): string {
  const shown = header.slice(0, SHOWN_NAMES_MAX).map((name) => `"${name.slice(0, SHOWN_CHARS_MAX)}"`);
  return shown.join(', ') + (header.length > SHOWN_NAMES_MAX ? ', …' : '');
}

/** For a column that the user or a format names, and that the header lacks. @param wanted its name, its pattern or several of them */
export function columnError(header: readonly string[], name: string, wanted: unknown): FilePlanError {
  return unusableHeader(`expected a column "${String(wanted)}" for ${name}; the columns are ${quoted(header)}`);
}

/** For columns that have none of their usual names. */
export function missingColumnsError(header: readonly string[], missing: readonly string[]): FilePlanError {
  const names = missing.join(', ');
  const isLikeData = header.some((name) => /^[\d.]+$/.test(name));
  const headerHint = isLikeData ? '; if the file has no header row, add --no-header' : '';
  const hints = headerHint + (names === 'volume' ? NO_VOLUME_HINT : '');
  return unusableHeader(`expected columns for ${names}, was ${quoted(header)}; name them with --columns${hints}`);
}

/**
 * Refuses a header in which a used column occurs twice, as after merging two files: it is not clear which one is meant.
 * @param used indexes of the columns; undefined and −1 stand for a column that the file lacks
 * @param names the header in the form in which its names are compared @throws FilePlanError
 */
export function refuseDuplicates(
  header: readonly string[],
  used: readonly (number | undefined)[],
  names: readonly string[] = header,
): void {
  const isTwice = (list: readonly string[], name = ''): boolean =>
    name !== '' && list.indexOf(name) !== list.lastIndexOf(name);
  const duplicate = used.find((index = -1) => isTwice(names, names[index]));
  if (duplicate === undefined) return;
  const name = header[duplicate]!;
  const differInCase = !isTwice(header, name); // then a name in --columns can tell them apart
  const hint = differInCase
    ? 'name the right one with --columns'
    : 'skip the header (such as --skip-lines 1 --no-header) and give column numbers, such as --columns time=1,open=2,…';
  throw unusableHeader(`expected one column "${name}", was several in ${quoted(header)}: ${hint}`);
}
