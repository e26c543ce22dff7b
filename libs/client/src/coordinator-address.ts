import { CoordinatorAddressError } from './errors.js';

/**
 * The address of a coordinator without a slash at its end. @param given any value, as a program in JavaScript may give a `URL` or a number
 * @throws CoordinatorAddressError
 */
export function coordinatorAddress(given: unknown): string {
  const address = String(given);
  if (!URL.canParse(address)) throw new CoordinatorAddressError(address);
  const { protocol, username, password } = new URL(address);
  const isHttp = protocol === 'http:' || protocol === 'https:';
  // `fetch` refuses a user name and a password. Paths are appended to the address, so it cannot have a query or a fragment, not even
  // an empty one.
  if (!isHttp || username || password || /[?#]/.test(address)) throw new CoordinatorAddressError(address);
  return address.replace(/\/$/, '');
}
