/** A form that creates a session. Its first values fit the data of the demonstration. The spec can also be edited as JSON. */
import type { DatasetPageAnswer, SessionAnswer } from '@barkeep/api';
import { call, CallError } from '../data/index.js';
import { specOf, type SpecForm } from '../model/index.js';
import { button, Dialog, Failure, html, onValue, useResource } from '../shell/index.js';
import { useState } from 'preact/hooks';

interface Field {
  name: keyof SpecForm;
  /** @default `name` */
  label?: string;
  /** Its first value. */
  text: string;
  help: string;
  /** The field of the spec that the input sets. @default `name` */
  specField?: string;
}
const FIELDS: readonly Field[] = [
  { name: 'id', label: 'name', text: '', help: 'chosen automatically when empty' },
  { name: 'symbols', text: 'ALPHA, BRAVO, CINDER, DELTA, EMBER', help: 'separated by commas, or "dataset" for all' },
  { name: 'dataset', text: 'stream', help: 'the source of the stream', specField: 'source' },
  { name: 'backfill', text: 'reference', help: 'datasets or repositories that fill gaps, best first' },
  { name: 'calendar', text: 'XNYS', help: 'such as XNYS, XLON, CMES, 24/7' },
  { name: 'start', label: 'first day', text: '2024-03-04', help: 'YYYY-MM-DD' },
  { name: 'end', label: 'last day', text: '2024-03-08', help: 'included' },
  { name: 'derivedIntervals', label: 'derived intervals', text: '5m, 15m, 30m', help: 'separated by commas' },
  { name: 'pace', text: 'max', help: 'max, lockstep, or a speed such as 60' },
  { name: 'barrier', text: 'day', help: 'day, none, or minutes such as 30', specField: 'upkeep' },
];
const DEMONSTRATION = Object.fromEntries(FIELDS.map(({ name, text }) => [name, text])) as SpecForm;

export function NewSessionForm({ onClose, onCreated }: { onClose: () => void; onCreated: (id: string) => void }) {
  const [form, setForm] = useState(DEMONSTRATION);
  /** The spec as the user edits it, with the form from which it was made. It stays while the form is shown and does not change. */
  const [edited, setEdited] = useState<{ text: string; form: SpecForm }>();
  const [isJsonShown, setJsonShown] = useState(false);
  const json = isJsonShown ? edited?.text : undefined;
  const [error, setError] = useState<Error>();
  /** True during the call, so that a double click creates one session. */
  const [isBusy, setBusy] = useState(false);
  const datasets = useResource('datasets', () => call<DatasetPageAnswer>('/v1/datasets'));
  const create = (event: Event) => {
    event.preventDefault();
    let spec: unknown;
    try {
      spec = json === undefined ? specOf(form) : JSON.parse(json);
    } catch (syntaxError) {
      return setError(syntaxError as Error);
    }
    setBusy(true);
    call<SessionAnswer>('/v1/sessions?start=true', { method: 'POST', body: spec })
      .then(({ id }) => onCreated(id), setError)
      .finally(() => setBusy(false));
  };
  const showJson = (isShown: boolean) => {
    if (isShown && edited?.form !== form) setEdited({ text: JSON.stringify(specOf(form), null, 2), form });
    setJsonShown(isShown);
    setError(undefined); // it is about the spec that was shown before
  };
  const problems = error instanceof CallError ? error.problems : [];
  const inputOf = ({ name, label = name, help, specField = name }: Field) => {
    // A problem may be about a part of a field, such as `symbols[3]` or `upkeep.barrier`.
    const problem = problems.find((candidate) => candidate.field.split(/[.[]/)[0] === specField);
    return html`<label key=${name} class="field"
      ><span>${label}</span>
      <input
        value=${form[name]}
        list=${name === 'dataset' ? 'datasets' : undefined}
        aria-invalid=${problem ? 'true' : 'false'}
        onInput=${onValue((value) => setForm({ ...form, [name]: value }))}
      />
      <small>${problem ? `expected ${problem.expected}, was ${problem.was}` : help}</small>
    </label>`;
  };
  return html`<${Dialog} title="New session" onClose=${onClose}>
    <form onSubmit=${create}>
      <datalist id="datasets">
        ${(datasets.value?.datasets ?? []).map(({ name }) => html`<option key=${name} value=${name}></option>`)}
      </datalist>
      ${
        json === undefined
          ? html`<div class="fields">${FIELDS.map(inputOf)}</div>`
          : html`<textarea
              rows="18"
              aria-label="The spec as JSON"
              value=${json}
              onInput=${onValue((text) => setEdited({ text, form }))}
            ></textarea>`
      }
      <${Failure} error=${error} />
      <div class="actions">
        ${
          json === undefined
            ? button('Edit as JSON', () => showJson(true), { class: 'quiet' })
            : button('Back to the form', () => showJson(false), { class: 'quiet' })
        }
        ${button('Cancel', onClose)}
        <button type="submit" class="primary" disabled=${isBusy}>Create and start</button>
      </div>
    </form>
  <//>`;
}
