/** The page of one session: its state, time line, counts, coverage, the candles of a cell, consumers, queues and certificate. */
import type { SessionAnswer } from '@barkeep/api';
import { apiPath } from '../data/index.js';
import { clockText, compareHref } from '../model/index.js';
import { ConsumerTable, Figures, QueuePanel, Steering, TimeLine, Waiting } from '../parts/index.js';
import { button, EmptyPanel, Failure, goTo, html, StateBadge, useQuery } from '../shell/index.js';
import { useState } from 'preact/hooks';
import { CellPanel, RefusedPanel } from './cell-panel.js';
import { CertificatePanel } from './certificate.js';
import { CoveragePanel, type Selection } from './coverage.js';
import { useSession } from './session-state.js';
import { UpkeepDialog } from './upkeep-dialog.js';

export function OneSessionPage({ id }: { id: string }) {
  const state = useSession(id);
  const { session, days, openDay, error, lostSince, isDeleted, version } = state;
  const [symbol, setSymbol] = useQuery('symbol');
  const [date, setDate] = useQuery('date');
  /** Why the last action of the user failed. */
  const [problem, setProblem] = useState<Error>();
  /** What the open upkeep dialog is about; undefined when none is open. */
  const [selection, setSelection] = useState<Selection>();
  if (isDeleted || !session)
    return html`<h1>${id}</h1>
      ${isDeleted && html`<p class="empty">${id} was deleted. <a href="/">All sessions</a></p>`}
      ${!isDeleted && !error && html`<p class="empty">Reading ${id} …</p>`}
      <${Failure} error=${isDeleted ? undefined : error} retry=${state.reload} />`;
  const { spec } = session;
  const day = days?.days.find((candidate) => candidate.date === date);
  const openCell = (newSymbol: string, newDate: string) => {
    setSymbol(newSymbol);
    setDate(newDate);
  };
  const barrier = typeof spec.upkeep.barrier === 'string' ? spec.upkeep.barrier : `${spec.upkeep.barrier.minutes} min`;
  return html`<div class="session-head">
      <h1>${id}</h1>
      <${StateBadge} state=${session.state} />
      <${Waiting} waitingFor=${session.waitingFor} />
      <span class="badge">${spec.pace.mode} · barrier ${barrier} · ${spec.calendar}</span>
      <span class="grow"></span>
      <${Steering}
        id=${id}
        state=${session.state}
        onDone=${(deleted: boolean) => (deleted ? goTo('/') : state.reload())}
        onError=${setProblem}
      />
      ${button('Ask again…', () => setSelection({}))}
      <a class="button" href=${compareHref(id)}>Compare…</a>
      <a class="button" href=${apiPath`/v1/sessions/${id}/export?format=csv`} download=${`${id}.csv`}>Export CSV</a>
    </div>
    ${lostSince && html`<p class="failure" role="alert">The live connection was lost at ${clockText(lostSince.getTime())} UTC; connecting again. The coverage is from that time.</p>`}
    <${Failure} error=${error} retry=${state.reload} />
    <${Failure} error=${problem} dismiss=${() => setProblem(undefined)} />
    <${Ended} session=${session} />
    ${session.warnings.map((warning) => html`<p key=${warning} class="warning">${warning}</p>`)}
    <${TimeLine} session=${session} days=${days?.days ?? []} zone=${days?.zone ?? 'UTC'} />
    <${Figures} counts=${session.counts} />
    <div class="columns">
      <${CoveragePanel}
        sessionState=${session.state}
        days=${days}
        openDay=${openDay}
        symbol=${symbol}
        date=${date}
        onOpen=${openCell}
        onAsk=${setSelection}
      />
      <div class="stack">
        ${
          symbol && day
            ? html`<${CellPanel}
                  id=${id}
                  spec=${spec}
                  symbol=${symbol}
                  day=${day}
                  zone=${days!.zone}
                  version=${version}
                />
                <${RefusedPanel}
                  id=${id}
                  symbol=${symbol}
                  dataset=${spec.source.type === 'dataset' ? spec.source.dataset : undefined}
                  version=${version}
                />`
            : html`<${EmptyPanel} title="Candles" text="Open a cell of the coverage to see its candles and gaps." />`
        }
      </div>
    </div>
    <div class="columns">
      <${ConsumerTable} consumers=${session.consumers} clock=${session.clock} />
      <${QueuePanel} version=${version} />
    </div>
    <${CertificatePanel} id=${id} />
    ${
      selection &&
      html`<${UpkeepDialog}
        id=${id}
        selection=${selection}
        onClose=${() => setSelection(undefined)}
        onDone=${state.reload}
      />`
    }`;
}

/** Why the session ended early: it was lost or it failed. Null for other sessions. */
function Ended({ session: { state, error } }: { session: SessionAnswer }) {
  if (state === 'lost')
    return html`<p class="failure" role="alert">
      The session Redis has lost the bars of this session${error === null ? '' : ` (${error})`}. "Start" streams it
      again from its first day.
    </p>`;
  return error === null ? null : html`<p class="failure" role="alert">The session failed: ${error}</p>`;
}
