import { tlsProblem } from './tls-problem.js';

const errorWith = (code: string) => Object.assign(new Error('the text'), { code });

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'a certificate that is not trusted (the text); NODE_EXTRA_CA_CERTS names'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'a certificate that is not trusted (the text); NODE_EXTRA_CA_CERTS names'],
  ['CERT_HAS_EXPIRED', 'a certificate that is not valid (the text)'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'a certificate that is not valid (the text)'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'no TLS (an answer that is not encrypted)'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'no TLS connection (the text)'],
])('the code %s means %s', (code, problem) => {
  expect(tlsProblem(errorWith(code))).toContain(problem);
});

test.each([errorWith('ECONNREFUSED'), errorWith('ECONNRESET'), new Error('Connection is closed.'), undefined])(
  '%s is not about TLS',
  (caught) => expect(tlsProblem(caught)).toBeUndefined(),
);
