/** `barkeep events`: prints the events of a session, one per line, until the session ends. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientSession, EventOptions, SessionMoment } from '@barkeep/client';
import { EVENT_TIME_FIELDS, STRATEGY_EVENT_TYPES, type SessionEventType } from '@barkeep/session-data';
import { namesIn, UsageError } from '../terminal/index.js';
import { END_STATES, shortTime } from '../report/index.js';
import { sessionCommand, type SessionOptions } from './command.js';

type EventsOptions = SessionOptions & { types?: SessionEventType[]; from: 'beginning' | 'now' };

/** How long to wait for more events of a session that has ended; its stored events arrive immediately. */
const QUIET_MS = 1_000;
/** Fields that are not listed after the type: the first two have columns of their own, and a cursor means nothing to a reader. */
const NOT_LISTED: ReadonlySet<string> = new Set(['at', 'type', 'cursor']);
const ISO_TIME_LENGTH = '2024-03-04T14:30:00.000Z'.length;
const TYPE_WIDTH = 'consumer-dropped'.length; // the longest type that is printed

const EXAMPLES = `
Examples:
  barkeep events my-session
  barkeep events my-session --from beginning --types day-closed,gap-filled
  barkeep events my-session --json | jq .type

Types: ${STRATEGY_EVENT_TYPES.join(', ')}.
Failures of repositories are not in these events: "barkeep status" shows them to an admin key.
With --json each line is one event. The command ends with the session, or on Ctrl-C.`;

export const eventsCommand = () =>
  sessionCommand('events', 'print the events of a session as they happen', EXAMPLES)
    .option('--types <names>', 'print only these types, separated by commas', typeNames)
    .choice('--from <where>', 'start at the oldest retained event, or now', ['beginning', 'now'], 'now')
    .work(async (context, id: string, options: EventsOptions) => {
      const barkeep = await context.client(options);
      // On Ctrl-C the client closes. The pending `events.next()` is rejected, which ends the command.
      void context.life.interrupted().then(() => barkeep.close());
      const isWanted = ({ type }: SessionMoment) => !options.types || options.types.some((name) => name === type);
      const print = (moment: SessionMoment) => {
        if (isWanted(moment)) process.stdout.write(`${options.json ? JSON.stringify(moment) : eventText(moment)}\n`);
      };
      await follow(barkeep.session(id), options, print);
    });

/** Prints the events of a session until they end, or until a session that has ended sends no more. */
async function follow(session: ClientSession, { types, from }: EventsOptions, print: (moment: SessionMoment) => void) {
  const checkEnded = async () => END_STATES.has((await session.status()).state);
  // Events of the type `state` are always read: they show that the session has ended.
  const options: EventOptions = { from, ...(types && { types: [...types, 'state'] }) };
  const events = session.events(options);
  let isEnded = await checkEnded();
  for (;;) {
    const next = events.next();
    // While the session runs, waits for the next event. After its end, gets undefined when none arrives in time.
    const arrived = await (isEnded ? Promise.race([next, delay(QUIET_MS)]) : next);
    if (!arrived || arrived.done) {
      next.catch(() => undefined); // a `next` that is still pending is rejected when the client closes, and is not needed any more
      return;
    }
    const moment = arrived.value;
    print(moment);
    // A deleted session has no status to ask for, and needs no check: its iterator ends, so `done` ends the loop.
    if (moment.type === 'state') isEnded = moment.state !== 'deleted' && (await checkEnded());
  }
}

function typeNames(text: string): SessionEventType[] {
  return namesIn(text).map((name) => {
    const type = STRATEGY_EVENT_TYPES.find((known) => known === name);
    if (type !== undefined) return type;
    throw new UsageError(`--types: expected some of ${STRATEGY_EVENT_TYPES.join(', ')}, was "${name}"`);
  });
}

/** An event as a line: its time, its type, then its other fields. */
function eventText(moment: SessionMoment): string {
  const fields = Object.entries<string | number | object>({ ...moment }).filter(([name]) => !NOT_LISTED.has(name));
  const at = 'at' in moment ? new Date(moment.at).toISOString() : ' '.repeat(ISO_TIME_LENGTH);
  const fieldTexts = fields.map(([name, value]) => `${name} ${valueText(name, value)}`);
  return `${at} ${moment.type.padEnd(TYPE_WIDTH)} ${fieldTexts.join('  ')}`.trimEnd();
}

function valueText(name: string, value: string | number | object): string {
  if (typeof value === 'number' && EVENT_TIME_FIELDS.has(name)) return shortTime(new Date(value).toISOString());
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
}
