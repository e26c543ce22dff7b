/** Shows and compares the addresses of servers. */

/** Host names of this machine, as URLs have them; a server with the addresses of zeros listens on all addresses. */
const THIS_MACHINE: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '0.0.0.0', '[::1]', '[::]']);

/** The URL with `***` as its password. A text without a host, such as `me:secret@`, may be a mistyped URL: all before @ becomes `***`. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url) || new URL(url).host === '') return url.replace(/^(\w+:\/\/)?.*@/s, '$1***@');
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}

/** True when two URLs are one address. All names of this machine count as equal. */
export function isSameAddress(url: string, other: string): boolean {
  const addressOf = (text: string): string => {
    const { protocol, hostname, port, pathname } = new URL(text);
    return [protocol, THIS_MACHINE.has(hostname) ? 'this machine' : hostname, port, pathname].join();
  };
  return URL.canParse(url) && addressOf(url) === addressOf(other);
}
