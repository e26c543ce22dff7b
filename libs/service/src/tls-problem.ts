/** Recognizes failures of TLS that last: another attempt of the same process fails again. */
import { errorCode, errorText } from './error-text.js';

/** Says what is wrong with the TLS of a server, and what helps; undefined for an error that is not about TLS, or that may pass. */
export function tlsProblem(caught: unknown): string | undefined {
  const code = errorCode(caught) ?? '';
  const text = errorText(caught);
  // The `reason` of OpenSSL's errors is for people; their message is a line of its error queue.
  const { reason = text } = Object(caught) as { reason?: string };
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code))
    return `a certificate that is not trusted (${text}); NODE_EXTRA_CA_CERTS names the file of your own authority`;
  if (/^(CERT_|CRL_|ERR_TLS_CERT|HOSTNAME_|INVALID_(CA|PURPOSE)|PATH_LENGTH)/.test(code))
    return `a certificate that is not valid (${text})`;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'no TLS (an answer that is not encrypted)';
  if (code.endsWith('_ALERT_INTERNAL_ERROR')) return undefined; // sent by Caddy while it has no certificate yet
  // node-postgres gives this error no code.
  const isTls = /^(ERR_SSL|ERR_TLS|EPROTO)/.test(code) || text === 'The server does not support SSL connections';
  return isTls ? `no TLS connection (${reason})` : undefined;
}
