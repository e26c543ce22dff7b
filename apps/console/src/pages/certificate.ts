/** The panel with the certificate of a session. Each time the user opens the panel, the certificate is read. */
import type { CertificateAnswer } from '@barkeep/api';
import { apiPath, call } from '../data/index.js';
import { minuteText } from '../model/index.js';
import { Failure, html, useResource } from '../shell/index.js';
import { useState } from 'preact/hooks';

export function CertificatePanel({ id }: { id: string }) {
  const [isOpen, setOpen] = useState(false);
  const key = isOpen ? id : undefined; // undefined reads nothing
  const { value, error, reload } = useResource(key, () =>
    call<CertificateAnswer>(apiPath`/v1/sessions/${id}/certificate`, { isLong: true }),
  );
  const toggle = (event: Event) => setOpen((event.currentTarget as HTMLDetailsElement).open);
  return html`<details class="panel" onToggle=${toggle}>
    <summary>Certificate</summary>
    <${Failure} error=${error} retry=${reload} />
    ${value && html`<${Facts} certificate=${value} id=${id} />`}
  </details>`;
}

function Facts({ certificate, id }: { certificate: CertificateAnswer; id: string }) {
  const { digest, days, complete, daysHash, datasets, storedAt, changedSince, from } = certificate;
  const source = from === 'store' ? 'the session store, now' : 'the copy kept at completion; the session store is gone';
  const facts: [string, string][] = [
    ['digest', digest],
    ['whole days', `${days.length}${complete ? ', all of the session' : ', not all of the session yet'}`],
    ['hash of the trading days', daysHash],
    ['datasets', datasets.join(', ')],
    ['computed from', source],
    ['kept at', storedAt === null ? 'not kept yet' : `${minuteText(storedAt)} UTC`],
    ['repaired since', changedSince.length === 0 ? 'none' : changedSince.join(', ')],
  ];
  return html`<dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div key=${name}>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    <a href=${apiPath`/v1/sessions/${id}/certificate`} download=${`${id}.certificate.json`}>Save it as JSON</a>`;
}
