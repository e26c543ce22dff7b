/** Tells by the name of a file whether an import of a folder or a zip reads it. */

/** Names of data, also of kinds that are not read: the import names these files instead of leaving them out silently. */
const DATA_FILE =
  /\.(csv|txt|tsv|asc|prn|dat|json|ndjson|jsonl)$|\.(gz|zst|bz2|xz|lz4|zip|7z|rar|tar|tgz)$|\.(parquet|arrow|feather|dbn|h5|hdf5|xlsx?|hst)$/i;
/** Lean's minute files: trades, and the quotes of markets that have no trades. */
export const LEAN_FILE_NAME = /^(\d{4})(\d{2})(\d{2})_(trade|quote)\.(zip|csv)$/i;

/** True for a name of data. */
export function isDataName(path: string): boolean {
  return DATA_FILE.test(path);
}

/** True for a Lean file that is read: trades, or quotes in a market without trades. @param path with slashes */
export function isLeanName(path: string): boolean {
  const kind = LEAN_FILE_NAME.exec(path.slice(path.lastIndexOf('/') + 1))?.[4]?.toLowerCase();
  return kind === 'trade' || (kind === 'quote' && /\/(forex|cfd)\//i.test(path));
}

/** True for resource forks of macOS and hidden files. @param path inside of the folder or the zip, with slashes; it may begin with `./` */
export function isHidden(path: string): boolean {
  return path.split('/').some((part) => (part.startsWith('.') && part !== '.') || part === '__MACOSX');
}
