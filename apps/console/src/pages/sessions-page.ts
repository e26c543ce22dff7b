/** The list of sessions: their state, progress, clock, quality, rate, what they wait for, and buttons for their actions. */
import {
  countText,
  sessionHref,
  minuteText,
  progressText,
  filledText,
  numberText,
  ratesOf,
  withQuery,
  type Reading,
} from '../model/index.js';
import type { SessionAnswer, SessionPageAnswer } from '@barkeep/api';
import { callInView } from '../data/index.js';
import { SHOWN_STATES, Steering, Table, Waiting } from '../parts/index.js';
import {
  button,
  Choice,
  Failure,
  goTo,
  html,
  onValue,
  StateBadge,
  stateName,
  useQuery,
  useResource,
  useTicks,
} from '../shell/index.js';
import { useRef, useState } from 'preact/hooks';
import { NewSessionForm } from './new-session.js';

const PAGE_SESSIONS = '100';
/** The titles of the columns. `Table` explains the prefix. */
const COLUMNS = [
  '!session',
  'state',
  '#progress',
  'clock (UTC)',
  '#quality',
  '#symbols',
  '#bars/s',
  '!waits for',
  'actions',
];

export function SessionsPage() {
  const [state, setState] = useQuery('state');
  const [text, setText] = useQuery('find'); // a part of the sessions' ids
  const [cursor, setCursor] = useQuery('cursor');
  const [problem, setProblem] = useState<Error>();
  const [isFormOpen, setFormOpen] = useState(false);
  /** The last two answers, from which the rates are computed. */
  const readings = useRef<{ older?: Reading; newer?: Reading }>({});
  const path = withQuery('/v1/sessions', { limit: PAGE_SESSIONS, state, cursor });
  const { value, error, reload } = useResource(path, async () => {
    const page = await callInView<SessionPageAnswer>(path);
    readings.current = { older: readings.current.newer, newer: { at: Date.now(), sessions: page.sessions } };
    return page;
  });
  useTicks(reload);
  const showState = (chosen: string) => {
    setState(chosen);
    setCursor(''); // the newest sessions in this state may be before the cursor
  };
  const hasOtherPages = Boolean(cursor || value?.nextCursor);
  const rates = ratesOf(readings.current.older, readings.current.newer);
  const sessions = (value?.sessions ?? []).filter(({ id }) => id.includes(text));
  const row = (session: SessionAnswer) => {
    const { id, state: sessionState, progress, clock, counts, symbols, waitingFor, warnings } = session;
    const rate = rates.get(id);
    return [
      id, // the key of the row
      html`<a href=${sessionHref(id)}>${id}</a>`,
      html`<${StateBadge} state=${sessionState} />`,
      html`<progress value=${progress} max="1" aria-label=${`Progress of ${id}`}></progress> ${progressText(progress)}`,
      minuteText(clock),
      filledText(counts),
      numberText(symbols.length),
      rate ? numberText(Math.round(rate)) : '–',
      html`<${Waiting} waitingFor=${waitingFor} /><${Warnings} warnings=${warnings} />`,
      html`<${Steering} id=${id} state=${sessionState} onDone=${reload} onError=${setProblem} />`,
    ];
  };
  return html`<div class="page-head">
      <h1>Sessions</h1>
      <label
        >state<${Choice} value=${state} options=${['', ...SHOWN_STATES]} nameOf=${stateName} onChange=${showState}
      /></label>
      <label>find<input type="search" value=${text} onInput=${onValue(setText)} /></label>
      <span class="grow"></span>
      ${button('New session…', () => setFormOpen(true), { class: 'primary' })}
    </div>
    <${Failure} error=${error} retry=${reload} />
    <${Failure} error=${problem} dismiss=${() => setProblem(undefined)} />
    ${
      value &&
      (sessions.length === 0
        ? html`<p class="empty">${noSessionText(text !== '' || state !== '', hasOtherPages)}</p>`
        : html`<${Table} caption="Sessions, newest first" columns=${COLUMNS} rows=${sessions.map(row)} />`)
    }
    ${value?.nextCursor && button('Older sessions', () => setCursor(value.nextCursor!))}
    ${cursor && button('Newest sessions', () => setCursor(''))}
    ${isFormOpen && html`<${NewSessionForm} onClose=${() => setFormOpen(false)} onCreated=${(id: string) => goTo(sessionHref(id))} />`}`;
}

/** Says why the list is empty. @param isFiltered true for a list with a filter */
function noSessionText(isFiltered: boolean, hasOtherPages: boolean): string {
  if (!isFiltered)
    return 'No session yet. "New session" fills in the data of the demonstration (npm run demo -- --keep).';
  return hasOtherPages ? 'No session on this page matches. Other pages may have some.' : 'No session matches.';
}

function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  const title = warnings.join('\n');
  return html`<span class="badge warning-badge" title=${title}>${countText(warnings.length, 'warning')}</span>`;
}
