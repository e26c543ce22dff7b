/** One line of simulated time with the clock, the watermark and the frontier of a session. */
import type { SessionAnswer } from '@barkeep/api';
import { bothZonesText, placeOnLine } from '../model/index.js';
import { html } from '../shell/index.js';
import type { VNode } from '../vendor/index.js';

export interface TimeLineProperties {
  session: Pick<SessionAnswer, 'clock' | 'watermark' | 'frontier'>;
  /** The trading days of the session, for the scale: each has the same width. */
  days: readonly { open: string; close: string; date: string }[];
  /** IANA zone of the venue. */
  zone: string;
}

/** The line, and the same times as text for screen readers and narrow screens. */
export function TimeLine({ session, days, zone }: TimeLineProperties): VNode | null {
  if (days.length === 0) return null;
  const marks = (['frontier', 'watermark', 'clock'] as const).map((name) => ({
    name,
    time: session[name],
    at: placeOnLine(session[name], days) * 100,
  }));
  const at = Object.fromEntries(marks.map((mark) => [mark.name, mark.at])) as Record<
    (typeof marks)[number]['name'],
    number
  >;
  return html`<section class="panel time-line" aria-label="Simulated time">
    <div class="track">
      <div class="reached frontier" style=${{ width: `${at.frontier}%` }}></div>
      <div class="reached watermark" style=${{ width: `${at.watermark}%` }}></div>
      <div class="reached clock" style=${{ width: `${at.clock}%` }}></div>
      ${marks.map((mark) => html`<div key=${mark.name} class=${`mark ${mark.name}`} style=${{ left: `${mark.at}%` }}></div>`)}
    </div>
    <div class="track-ends"><span>${days[0]!.date}</span><span>${days.at(-1)!.date}</span></div>
    <dl class="times">
      ${marks.toReversed().map(
        (mark) =>
          html`<div key=${mark.name} class=${mark.name}>
            <dt title=${HELP[mark.name]}>${mark.name}</dt>
            <dd>${bothZonesText(mark.time, zone)}</dd>
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
