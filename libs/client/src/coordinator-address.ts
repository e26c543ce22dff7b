import { CoordinatorAddressError } from './errors.js';

/** The address of a coordinator without a slash at its end. @throws CoordinatorAddressError */
export function coordinatorAddress(address: string): string {
  if (!URL.canParse(address)) throw new CoordinatorAddressError(address);
  const { protocol, username, password } = new URL(address);
  const isHttp = protocol === 'http:' || protocol === 'https:';
  // `fetch` refuses a user name and a password. Paths are appended to the address, so it cannot have a query or a fragment, not even
  // an empty one.
  if (!isHttp || username || password || /[?#]/.test(address)) throw new CoordinatorAddressError(address);
  return address.replace(/\/$/, '');
}
