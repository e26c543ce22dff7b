/** Recognizes failures of TLS, which last: another attempt of the same process fails again. */
import { errorCode, errorText } from './error-text.js';

/** Says what is wrong with the TLS of a server, and what helps; undefined for an error that is not about TLS. */
export function tlsProblem(caught: unknown): string | undefined {
  const code = errorCode(caught) ?? '';
  const text = errorText(caught);
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/.test(code))
    return `a certificate that is not trusted (${text}); NODE_EXTRA_CA_CERTS names the file of your own authority`;
  if (/^(CERT_|ERR_TLS_CERT|HOSTNAME_)/.test(code)) return `a certificate that is not valid (${text})`;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'no TLS (an answer that is not encrypted)';
  return /^(ERR_SSL|ERR_TLS|EPROTO)/.test(code) ? `no TLS connection (${text})` : undefined;
}
