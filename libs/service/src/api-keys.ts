/**
 * Decides who may call a service: finds the role that a caller's key gives, and checks the Host header for a service without keys. Pure.
 * Guarantees that keys are compared as SHA-256 hashes, in a time that does not depend on the key or on which one matches.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** `open`: no keys are configured, so any caller that can reach the service may do everything. */
type Role = 'open' | 'user' | 'admin';

export class ApiKeys {
  private readonly users: readonly Buffer[];
  private readonly admins: readonly Buffer[];

  /** A key in both lists has the role `admin`. */
  constructor(userKeys: readonly string[], adminKeys: readonly string[]) {
    this.users = userKeys.map(sha256);
    this.admins = adminKeys.map(sha256);
  }

  /** The highest role that one of the presented keys gives; undefined when no key is known; `open` when none is configured. */
  roleOf(presented: readonly string[]): Role | undefined {
    if (this.users.length + this.admins.length === 0) return 'open';
    const hashes = presented.map(sha256);
    // Compares all keys, so that the time does not reveal which one matched.
    const matches = (keys: readonly Buffer[]) =>
      keys.filter((key) => hashes.filter((hash) => timingSafeEqual(key, hash)).length > 0).length > 0;
    const [isAdmin, isUser] = [matches(this.admins), matches(this.users)];
    if (isAdmin) return 'admin';
    return isUser ? 'user' : undefined;
  }
}

/** `Bearer KEY`, or `Basic` and a base64 text. */
const AUTHORIZATION = /^(?<scheme>Bearer|Basic) +(?<value>\S+) *$/i;
/** At most this many keys of a request are looked at, because each one costs a hash and a comparison with every configured key. */
const PRESENTED_MAX = 3;

/**
 * The keys in a request: from `X-API-Key: KEY` and `Authorization: Bearer KEY`.
 * @param withBasic true: also the password of HTTP Basic, because browsers ask their users for one
 */
export function presentedKeys(headers: IncomingHttpHeaders, withBasic: boolean): string[] {
  const keys = [headers['x-api-key'] ?? []].flat();
  const { scheme = '', value = '' } = AUTHORIZATION.exec(headers.authorization ?? '')?.groups ?? {};
  if (scheme.toLowerCase() === 'bearer') keys.push(value);
  if (scheme.toLowerCase() === 'basic' && withBasic) keys.push(passwordOf(value));
  return keys.slice(0, PRESENTED_MAX);
}

/** The password in the base64 text of `user:password`. */
function passwordOf(base64: string): string {
  const pair = Buffer.from(base64, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/** True for a host name or address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return /^(localhost|::1|127(\.\d{1,3}){3})$/.test(host);
}

/**
 * Whether a `Host` header names a loopback address. A service without keys checks this, so that web pages of other origins cannot call
 * it (DNS rebinding).
 */
export function isLoopbackHost(host = ''): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return isLoopback(hostname.replace(/^\[|\]$/g, '')); // an IPv6 address is in brackets
}
