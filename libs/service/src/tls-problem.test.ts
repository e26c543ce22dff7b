import { tlsProblem } from './tls-problem.js';

const errorWith = (code: string) => Object.assign(new Error('the text'), { code });

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'a certificate that is not trusted (the text); NODE_EXTRA_CA_CERTS names'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'a certificate that is not trusted (the text); NODE_EXTRA_CA_CERTS names'],
  ['INVALID_PURPOSE', 'a certificate that is not valid (the text)'], // such as a certificate for clients alone
  ['CERT_HAS_EXPIRED', 'a certificate that is not valid (the text)'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'a certificate that is not valid (the text)'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'no TLS (an answer that is not encrypted)'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'no TLS connection (the text)'],
])('the code %s means %s', (code, problem) => {
  expect(tlsProblem(errorWith(code))).toContain(problem);
});

// The code is EPROTO when a write was waiting, as the one of a client that sends its first command at once.
test.each([
  ['tlsv13 alert certificate required', 'no TLS connection (tlsv13 alert certificate required)'],
  ['wrong version number', 'no TLS (an answer that is not encrypted)'],
  ['tlsv1 alert internal error', undefined],
])('an error of OpenSSL for the reason "%s" is described by it alone', (reason, problem) => {
  const line = `80CC:error:0A00045C:SSL routines:ssl3_read_bytes:${reason}:rec_layer_s3.c:1601:SSL alert number 80\n`;
  const code = `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
  expect(tlsProblem(Object.assign(new Error(line), { code, reason }))).toBe(problem);
  expect(tlsProblem(Object.assign(new Error(`write EPROTO ${line}`), { code: 'EPROTO' }))).toBe(problem);
});

test.each(['', 'ECONNREFUSED', 'ECONNRESET', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'])(
  'the code "%s" is not about TLS, or may pass',
  (code) => expect(tlsProblem(errorWith(code))).toBeUndefined(),
);
