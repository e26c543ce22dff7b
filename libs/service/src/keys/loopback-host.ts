/** The check that keeps web pages of other origins away from a service without keys (DNS rebinding). */
import { isLoopback } from '../config/index.js';

/** Whether a `Host` header names a loopback address. */
export function isLoopbackHost(host: string | undefined): boolean {
  if (!URL.canParse(`http://${host ?? ''}`)) return false;
  const { hostname } = new URL(`http://${host ?? ''}`);
  return isLoopback(hostname.replace(/^\[|\]$/g, ''));
}
