/** The list of sessions: state, progress, quality, rate, what each waits for, and what can be done. */
import {
  SESSION_STATES_SHOWN,
  countText,
  sessionHref,
  minuteText,
  progressText,
  filledText,
  numberText,
  ratesOf,
  type Reading,
} from '../model/index.js';
import type { SessionAnswer, SessionPageAnswer } from '@barkeep/api';
import { callInView } from '../data/index.js';
import { Choice, Steering, Table, Waiting } from '../parts/index.js';
import { Failure, goTo, html, onValue, StateBadge, useQuery, useResource, useTicks } from '../shell/index.js';
import { useRef, useState, type VNode } from '../vendor/index.js';
import { NewSessionForm } from './new-session.js';

/** There are no events about the list, so it is read again while a person sees it. */
const READ_EVERY_MS = 2000;
const PAGE = 100;
const COLUMNS = [
  'session',
  'state',
  '#progress',
  'clock (UTC)',
  '#quality',
  '#symbols',
  '#bars/s',
  'waits for',
  'actions',
];

export function SessionsPage(): VNode {
  const [state, setState] = useQuery('state');
  const [text, setText] = useQuery('find');
  const [cursor, setCursor] = useQuery('cursor');
  const [problem, setProblem] = useState<Error>();
  const [isNew, setNew] = useState(false);
  const readings = useRef<{ older?: Reading; newer?: Reading }>({});
  const path = `/v1/sessions?limit=${PAGE}${state ? `&state=${state}` : ''}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
  const { value, error, reload } = useResource(path, async () => {
    const page = await callInView<SessionPageAnswer>(path);
    readings.current = { older: readings.current.newer, newer: { at: Date.now(), sessions: page.sessions } };
    return page;
  });
  useTicks(READ_EVERY_MS, reload);
  const rates = ratesOf(readings.current.older, readings.current.newer);
  const sessions = (value?.sessions ?? []).filter(({ id }) => id.includes(text));
  const row = (session: SessionAnswer) =>
    html`<${Row}
      key=${session.id}
      session=${session}
      rate=${rates.get(session.id)}
      onDone=${reload}
      onError=${setProblem}
    />`;
  return html`<div class="page-head">
      <h1>Sessions</h1>
      <label>state <${Choice} value=${state} options=${['', ...SESSION_STATES_SHOWN]} onChange=${setState} /></label>
      <label>find <input type="search" value=${text} onInput=${onValue(setText)} /></label>
      <span class="grow"></span>
      <button type="button" class="primary" onClick=${() => setNew(true)}>New session…</button>
    </div>
    <${Failure} error=${error} retry=${reload} />
    <${Failure} error=${problem} retry=${() => setProblem(undefined)} />
    ${
      value && sessions.length === 0
        ? html`<p class="empty">
            ${text || state ? 'No session matches.' : 'No session yet. "New session" fills in the data of the demonstration (npm run demo -- --keep).'}
          </p>`
        : html`<section class="panel">
            <${Table} caption="Sessions, newest first" columns=${COLUMNS}>${sessions.map(row)}<//>
          </section>`
    }
    ${value?.nextCursor ? html`<button type="button" onClick=${() => setCursor(value.nextCursor!)}>Older sessions</button>` : ''}
    ${cursor ? html`<button type="button" onClick=${() => setCursor('')}>Newest sessions</button>` : ''}
    ${isNew ? html`<${NewSessionForm} onClose=${() => setNew(false)} onCreated=${(id: string) => goTo(sessionHref(id))} />` : ''}`;
}

interface RowProperties {
  session: SessionAnswer;
  /** Bars a second; undefined until two readings are there. */
  rate: number | undefined;
  onDone: () => void;
  onError: (error: Error) => void;
}

function Row({ session, rate, onDone, onError }: RowProperties): VNode {
  const { id, state, progress, clock, counts, symbols, waitingFor, warnings } = session;
  return html`<tr>
    <td><a href=${sessionHref(id)}>${id}</a></td>
    <td><${StateBadge} state=${state} /></td>
    <td class="number">
      <progress value=${progress} max="1" aria-label=${`Progress of ${id}`}></progress> ${progressText(progress)}
    </td>
    <td>${minuteText(clock)}</td>
    <td class="number">${filledText(counts)}</td>
    <td class="number">${numberText(symbols.length)}</td>
    <td class="number">${rate ? numberText(Math.round(rate)) : '–'}</td>
    <td>
      <${Waiting}
        waitingFor=${waitingFor}
      />${warnings.length > 0 ? html`<span class="badge warning-badge" title=${warnings.join('\n')}>${countText(warnings.length, 'warning')}</span>` : ''}
    </td>
    <td><${Steering} id=${id} state=${state} onDone=${onDone} onError=${onError} /></td>
  </tr>`;
}
