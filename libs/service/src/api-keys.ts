/**
 * Who may call a service: the role of a caller by the key that it presents, and the check of a service without keys. Pure.
 * Guarantees that keys are compared as SHA-256 hashes, in a time that does not depend on the key or on which one matches.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** `open`: no keys are configured, so any caller that can reach the service may do everything. */
export type Role = 'open' | 'user' | 'admin';

/** Headers that may carry a key. */
export interface KeyHeaders {
  authorization?: string | undefined;
  'x-api-key'?: string | string[] | undefined;
}

interface HashedKey {
  hash: Buffer;
  role: 'user' | 'admin';
}

export class ApiKeys {
  private readonly keys: readonly HashedKey[];

  /** Keeps hashes only. A key in both lists is an admin's. */
  constructor(userKeys: readonly string[], adminKeys: readonly string[]) {
    const hashed = (role: HashedKey['role']) => (key: string) => ({ hash: sha256(key), role });
    this.keys = [...userKeys.map(hashed('user')), ...adminKeys.map(hashed('admin'))];
  }

  /** True when at least one key is configured, of either kind: then every route but /health/live needs one. */
  get required(): boolean {
    return this.keys.length > 0;
  }

  /** The best role that one of the presented keys gives; undefined when none is known. */
  roleOf(presented: readonly string[]): Role | undefined {
    if (!this.required) return 'open';
    let role: Role | undefined;
    for (const candidate of presented) {
      const hash = sha256(candidate);
      // Compares all keys, so that the time does not reveal which one matched.
      for (const key of this.keys) if (timingSafeEqual(key.hash, hash) && role !== 'admin') role = key.role;
    }
    return role;
  }
}

/**
 * The keys in a request: `Authorization: Bearer KEY`, `X-API-Key: KEY`, and, with `basic`, the
 * password of HTTP Basic, which is what a browser asks its user for.
 */
export function presentedKeys(headers: KeyHeaders, basic: boolean): string[] {
  const keys = [headers['x-api-key'] ?? []].flat();
  const match = /^(Bearer|Basic) +(\S+) *$/i.exec(headers.authorization ?? '');
  const [, scheme = '', value = ''] = match ?? [];
  if (scheme.toLowerCase() === 'bearer') keys.push(value);
  if (scheme.toLowerCase() === 'basic' && basic) keys.push(passwordOf(value));
  return keys.slice(0, 3);
}

function passwordOf(base64: string): string {
  const pair = Buffer.from(base64, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

const LOOPBACK = /^(localhost|::1|127(\.\d{1,3}){3})$/;

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * Whether a `Host` header names a loopback address: the check that keeps web pages of other origins away from a service without keys
 * (DNS rebinding).
 */
export function isLoopbackHost(host = ''): boolean {
  return URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, ''));
}
