/** A form that creates a session. Its first values fit the data of the demonstration. The spec can also be edited as JSON. */
import type { DatasetPageAnswer, SessionAnswer } from '@barkeep/api';
import { call, CallError } from '../data/index.js';
import { specOf, type SpecForm } from '../model/index.js';
import { button, Dialog, Failure, html, onValue, useResource } from '../shell/index.js';
import { useState } from 'preact/hooks';

/** The inputs of the form. `text` is the first value. `of` is the spec's field for the input, when it is not called like the input. */
const FIELDS: readonly [name: keyof SpecForm, label: string, text: string, help: string, of?: string][] = [
  ['id', 'name', '', 'chosen automatically when empty'],
  ['symbols', 'symbols', 'ALPHA, BRAVO, CINDER, DELTA, EMBER', 'separated by commas, or "dataset" for all'],
  ['dataset', 'dataset', 'stream', 'the source of the stream', 'source'],
  ['backfill', 'backfill', 'reference', 'datasets or repositories that fill gaps, best first'],
  ['calendar', 'calendar', 'XNYS', 'such as XNYS, XLON, CMES, 24/7'],
  ['start', 'first day', '2024-03-04', 'YYYY-MM-DD'],
  ['end', 'last day', '2024-03-08', 'included'],
  ['derivedIntervals', 'derived intervals', '5m, 15m, 30m', 'separated by commas'],
  ['pace', 'pace', 'max', 'max, lockstep, or a speed such as 60'],
  ['barrier', 'barrier', 'day', 'day, none, or minutes such as 30', 'upkeep'],
];
const DEMONSTRATION = Object.fromEntries(FIELDS.map(([name, , text]) => [name, text])) as SpecForm;

export function NewSessionForm({ onClose, onCreated }: { onClose: () => void; onCreated: (id: string) => void }) {
  const [form, setForm] = useState(DEMONSTRATION);
  const [json, setJson] = useState<string>();
  const [error, setError] = useState<Error>();
  const datasets = useResource('datasets', () => call<DatasetPageAnswer>('/v1/datasets'));
  const create = (event: Event) => {
    event.preventDefault();
    let spec: unknown;
    try {
      spec = json === undefined ? specOf(form) : JSON.parse(json);
    } catch (syntaxError) {
      return setError(syntaxError as Error);
    }
    call<SessionAnswer>('/v1/sessions?start=true', { method: 'POST', body: spec }).then(
      ({ id }) => onCreated(id),
      setError,
    );
  };
  const problems = error instanceof CallError ? error.problems : [];
  const field = ([name, label, , help, of = name]: (typeof FIELDS)[number]) => {
    const problem = problems.find((candidate) => candidate.field.split(/[.[]/)[0] === of);
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
          ? html`<div class="fields">${FIELDS.map(field)}</div>`
          : html`<textarea
              rows="18"
              aria-label="The spec as JSON"
              value=${json}
              onInput=${onValue(setJson)}
            ></textarea>`
      }
      <${Failure} error=${error} />
      <div class="actions">
        ${
          json === undefined
            ? button('Edit as JSON', () => setJson(JSON.stringify(specOf(form), null, 2)), { class: 'quiet' })
            : button('Back to the form', () => setJson(undefined), { class: 'quiet' })
        }
        ${button('Cancel', onClose)}
        <button type="submit" class="primary">Create and start</button>
      </div>
    </form>
  <//>`;
}
