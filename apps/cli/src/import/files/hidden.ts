/** Names in folders and archives that are not data: resource forks of macOS and hidden files. Pure. */

/** @param path inside of the folder or the zip, with slashes */
export function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}
