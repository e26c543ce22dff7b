/** The progress of a session: its counts, its times on a line, and what it waits for. */
import type { SessionAnswer } from '@barkeep/api';
import { bothZonesText, durationText, filledText, numberText, placeOnLine } from '../model/index.js';
import { html } from '../shell/index.js';

/** Quality and the counts of slots and rows. */
export function Figures({ counts }: { counts: SessionAnswer['counts'] }) {
  const figures: [label: string, value: string, help: string][] = [
    ['quality', filledText(counts), 'share of the expected slots that are filled, without no-trade slots'],
    ['streamed', numberText(counts.streamed), 'bars that came with the stream'],
    ['backfilled', numberText(counts.backfilled), 'missing bars that a repository had'],
    ['no trade', numberText(counts.noTrade), 'empty minutes in which nothing traded'],
    // Slots that were not requested yet are shown together with those that are requested again.
    ['absent', numberText(counts.absent + counts.missing), 'empty slots that may still be filled'],
    ['unfillable', numberText(counts.unfillable), 'empty slots that were given up'],
    ['refused', numberText(counts.refused), 'rows that cannot be bars'],
    ['outside', numberText(counts.outside), 'rows at times for which the calendar has no slot'],
  ];
  return html`<dl class="panel figures">
    ${figures.map(
      ([label, value, help]) =>
        html`<div key=${label} title=${help}>
          <dd>${value}</dd>
          <dt>${label}</dt>
        </div>`,
    )}
  </dl>`;
}

interface TimeLineProperties {
  session: Pick<SessionAnswer, 'clock' | 'watermark' | 'frontier'>;
  /** The trading days of the session. Each has the same width on the line. */
  days: readonly { open: string; close: string; date: string }[];
  /** IANA zone of the venue. */
  zone: string;
}

/** The line with the session's clock, watermark and frontier, and the same times as text. */
export function TimeLine({ session, days, zone }: TimeLineProperties) {
  if (days.length === 0) return null;
  // In the order of drawing: the clock's part of the line covers the others' parts.
  const marks = (['frontier', 'watermark', 'clock'] as const).map((name) => ({
    name,
    time: session[name],
    percent: placeOnLine(session[name], days) * 100,
  }));
  return html`<section class="panel time-line" aria-label="Simulated time">
    <div class="track">
      ${marks.map(({ name, percent }) => html`<div key=${name} class=${`reached ${name}`} style=${{ width: `${percent}%` }}></div>`)}
      ${marks.map(({ name, percent }) => html`<div key=${name} class=${`mark ${name}`} style=${{ left: `${percent}%` }}></div>`)}
    </div>
    <div class="track-ends"><span>${days[0]!.date}</span><span>${days.at(-1)!.date}</span></div>
    <dl class="times">
      ${marks.toReversed().map(
        ({ name, time }) =>
          html`<div key=${name} class=${name}>
            <dt title=${HELP[name]}>${name}</dt>
            <dd>${bothZonesText(time, zone)}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

const HELP = {
  clock: 'strategies see bars up to here',
  watermark: 'every slot before it is filled or settled, and derived bars are built',
  frontier: 'the source is stored up to here',
};

type WaitKind = NonNullable<SessionAnswer['waitingFor']>['kind'];
const WAIT_NAMES: Record<WaitKind, string> = {
  repository: 'a repository',
  worker: 'upkeep or a free coordinator',
  consumers: 'consumers',
  feed: 'the feed',
  pace: 'its pace',
  server: 'a server',
  symbols: 'symbols that join',
};

/** What a session waits for, as a badge; null when it does not wait. */
export function Waiting({ waitingFor }: { waitingFor: SessionAnswer['waitingFor'] }) {
  if (waitingFor === null) return null;
  const { kind, detail, since, nextTryAt } = waitingFor;
  const parts = [detail || `waiting for ${WAIT_NAMES[kind]}`]; // a strategy sees only the kind
  if (since !== null) parts.push(`for ${durationText(Date.now() - Date.parse(since))}`);
  if (nextTryAt !== null) parts.push(`next try in ${durationText(Date.parse(nextTryAt) - Date.now())}`);
  return html`<span class="badge waiting">${parts.join(', ')}</span>`;
}
