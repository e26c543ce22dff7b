import { ApiKeys, presentedKeys } from './api-keys.js';

/** The header for `user:password`. */
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

describe('ApiKeys', () => {
  const keys = new ApiKeys(['user-key', 'both'], ['admin-key', 'both']);

  it('distinguishes users from admins, and knows no other key', () => {
    expect(keys.roleOf(['user-key'])).toBe('user');
    expect(keys.roleOf(['admin-key'])).toBe('admin');
    expect(keys.roleOf(['both'])).toBe('admin');
    expect(keys.roleOf(['wrong', 'user-key'])).toBe('user');
    for (const presented of [[], ['wrong'], [''], ['user-key ']]) expect(keys.roleOf(presented)).toBeUndefined();
  });

  it('is open only when there are no keys of either kind', () => {
    expect(new ApiKeys([], []).roleOf([])).toBe('open');
    expect(new ApiKeys([], ['admin-key']).roleOf([])).toBeUndefined();
  });

  it('keeps only hashes of the keys', () => {
    expect(JSON.stringify(keys)).not.toMatch(/user-key|admin-key|both/);
  });
});

describe('presentedKeys', () => {
  type Headers = Parameters<typeof presentedKeys>[0];
  const withBasic = (headers: Headers) => presentedKeys(headers, true);
  const withoutBasic = (headers: Headers) => presentedKeys(headers, false);

  it('reads Bearer and X-API-Key, whatever the case of the scheme', () => {
    expect(withoutBasic({ authorization: 'bearer a' })).toEqual(['a']);
    expect(withoutBasic({ 'x-api-key': 'b', authorization: 'Bearer a' })).toEqual(['b', 'a']);
  });

  it('reads the password of HTTP Basic only where it is allowed', () => {
    expect(withBasic({ authorization: basic('me:a:b') })).toEqual(['a:b']);
    expect(withoutBasic({ authorization: basic('me:a') })).toEqual([]);
  });

  it.each([undefined, '', 'Bearer', 'Bearer  ', 'Digest a', 'Bearer a b'])('finds none in %p', (authorization) => {
    expect(withBasic({ authorization })).toEqual([]);
  });
});
