/** Decides by its name whether a file in a folder or a zip has bars. A file that the user names is always read. Pure. */

const DATA_FILE = /\.(csv|txt|tsv|asc|prn|json|ndjson|jsonl)(\.(gz|zst|bz2|xz))?$|\.zip$/i;
/** Lean's minute files: trades, and the quotes of markets that have no trades. */
export const LEAN_FILE = /^(\d{4})(\d{2})(\d{2})_(trade|quote)\.(zip|csv)$/i;

/** True for a file that an import of its folder or zip reads. */
export function isDataName(path: string): boolean {
  return DATA_FILE.test(path);
}

/** True for a minute file of Lean. @param path with slashes */
export function isLeanName(path: string): boolean {
  const kind = LEAN_FILE.exec(path.slice(path.lastIndexOf('/') + 1))?.[4]?.toLowerCase();
  return kind === 'trade' || (kind === 'quote' && /\/(forex|cfd)\//i.test(path));
}

/** True for names that are no data: resource forks of macOS and hidden files. @param path inside of the folder or the zip, with slashes */
export function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}
