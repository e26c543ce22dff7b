/** Recognizes failures of TLS that last: another attempt of the same process fails again. */
import { errorCode, errorText } from './error-text.js';

/** A line of OpenSSL's error queue, such as `80CC:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:file.c:350:`. */
const OPENSSL_LINE = /:error:[^:]*:SSL routines:[^:]*:([^:]+):/;

/** Says what is wrong with the TLS of a server, and what helps; undefined for an error that is not about TLS, or that may pass. */
export function tlsProblem(caught: unknown): string | undefined {
  const text = errorText(caught);
  const reason = OPENSSL_LINE.exec(text)?.[1];
  // Node makes the code of OpenSSL's errors from their reason, but not when a write was waiting: then the code is EPROTO.
  const code =
    reason === undefined ? (errorCode(caught) ?? '') : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code))
    return `a certificate that is not trusted (${text}); NODE_EXTRA_CA_CERTS names the file of your own authority`;
  if (/^(CERT_|CRL_|ERR_TLS_CERT|HOSTNAME_|INVALID_(CA|PURPOSE)|PATH_LENGTH)/.test(code))
    return `a certificate that is not valid (${text})`;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'no TLS (an answer that is not encrypted)';
  if (code.endsWith('_ALERT_INTERNAL_ERROR')) return undefined; // sent by Caddy while it has no certificate yet
  // node-postgres gives this error no code.
  const isTls = /^(ERR_SSL|ERR_TLS|EPROTO)/.test(code) || text === 'The server does not support SSL connections';
  return isTls ? `no TLS connection (${reason ?? text})` : undefined;
}
