/**
 * The state of a session's page: the session, its days, and whether the live connection works. After events, data is read again. No event
 * reports what the session waits for, how far its consumers are, which symbols it has and which days its store has removed: these are
 * also read regularly.
 */
import type { SessionAnswer } from '@barkeep/api';
import {
  apiPath,
  CallError,
  callInView,
  DaysReader,
  listenToSession,
  shownView,
  type LiveEvent,
  type SessionDays,
} from '../data/index.js';
import { openDayOf, withEmptyAsAbsent } from '../model/index.js';
import { useResource, useThrottle, useTicks } from '../shell/index.js';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

/** Events that arrive within this time, ms, cause one read. */
const READ_EVERY_MS = 700;
/** The states in which a session never has days. In other states it may lack them, too: it may have failed before it streamed. */
const WITHOUT_DAYS: ReadonlySet<SessionAnswer['state'] | undefined> = new Set([undefined, 'created', 'lost']);
/** When the session changes although no event has come for this long, ms, something holds the events back, such as a proxy that buffers. */
const SILENT_MS = 2500;

/** Follows one session while its page is shown. The page has one id for its whole life. */
export function useSession(id: string) {
  const session = useResource(id, () => callInView<SessionAnswer>(apiPath`/v1/sessions/${id}`));
  const reader = useMemo(() => new DaysReader(id), [id]);
  const [firstPages, setFirstPages] = useState<SessionDays>();
  const days = useResource(id, () => reader.read(setFirstPages));
  /** The clock of the newest event. */
  const [clock, setClock] = useState<string>();
  /** When the live connection was lost; null while it works. */
  const [lostSince, setLostSince] = useState<Date | null>(null);
  const isDeleted = useRef(false); // no state: the listener is made once and needs the newest value
  /** A session that is created under this id later shows itself by its events. */
  const isUnknown = session.error instanceof CallError && session.error.kind === 'unknown-session';
  /** Increases when bars or gaps may have changed, or the session was deleted. */
  const [version, setVersion] = useState(0);
  const { noteEvent, hasChangedSilently } = useSilence(session.value);

  const raiseVersion = () => setVersion((previous) => previous + 1);
  /** Reads the session, and of its days what is wanted. */
  const read = () => {
    session.reload();
    if (reader.wanted.all || reader.wanted.dates.size > 0) raiseVersion();
    days.reload();
  };
  const readAll = () => {
    reader.wanted.all = true;
    read();
  };
  const readChanged = useThrottle(READ_EVERY_MS, read);
  /**
   * Forgets the clock of earlier events, and reads everything. After a loss the session streams again from its first day, so that clock may
   * be after the new one. After a deletion another session may have been created under the id.
   */
  const startOver = () => {
    noteEvent();
    isDeleted.current = false;
    setClock(undefined);
    readAll();
  };
  const onEvent = ({ type, data }: LiveEvent) => {
    noteEvent();
    if (type === 'state' && data.state === 'deleted') {
      isDeleted.current = true;
      return raiseVersion();
    }
    if (isDeleted.current || (type === 'state' && data.state === 'lost')) return startOver();
    if (type === 'clock' && data.time) setClock(data.time);
    // A clock event has no date: it changes the day that the clock is in.
    if (data.date) reader.wanted.dates.add(data.date);
    else if (type === 'clock' && data.time) reader.wantDateOf(data.time);
    readChanged();
  };
  useTicks(() => {
    if (isDeleted.current || isUnknown) return;
    session.reload();
    if (hasChangedSilently()) readAll();
    const removesDays = (session.value?.spec.history.retainDays ?? 0) > 0;
    if (removesDays) reader.wanted.firstDay = true;
    // The last read may have come just before the session had days.
    const lacksDays = days.value === null && !WITHOUT_DAYS.has(session.value?.state);
    if (removesDays || days.error || lacksDays) days.reload();
  });
  const onConnection = (since: Date | null) => {
    setLostSince(since);
    if (since === null && isDeleted.current) startOver();
  };
  // A change of the view needs another connection.
  const listen = () => listenToSession(id, { onEvent, onGap: startOver, onConnection });
  useLayoutEffect(listen, [id, shownView.current]);
  // An event may have a later clock than the last answer. Times in ISO 8601 compare as texts.
  const isNewer = clock !== undefined && clock > (session.value?.clock ?? '');
  const shown = session.value && isNewer ? { ...session.value, clock } : session.value;
  // Single pages are shown only until all pages were read once. Later, a mixture of old and new rows would change the order of the rows.
  const readDays = days.value === undefined ? firstPages : days.value;
  return {
    session: shown,
    ...useShownDays(readDays, shown),
    error: session.error ?? days.error,
    lostSince,
    isDeleted: isDeleted.current,
    version,
    reload: readAll,
  };
}

/** The days as the page shows them (without upkeep, empty slots are absent), and the index of the first day that the clock has not closed. */
function useShownDays(days: SessionDays | null | undefined, session: SessionAnswer | undefined) {
  const openDay = openDayOf(session?.clock ?? null, days?.days ?? []);
  const hasUpkeep = session?.spec.upkeep.enabled ?? true;
  const shown = useMemo(
    () => (days && !hasUpkeep ? withEmptyAsAbsent(days, openDay) : days),
    [days, hasUpkeep, openDay],
  );
  return { days: shown, openDay };
}

/**
 * Notices that a session has changed and that no event has come for a while. `noteEvent` is called at each event, `hasChangedSilently` at
 * each tick. While events come, they may be late: each may report an older change than the newest answer shows. So a change during that
 * time is noticed when the events have ended, and then at most once.
 */
function useSilence(session: SessionAnswer | undefined) {
  const lastEventAt = useRef(-Infinity);
  /** What the session was when `hasChangedSilently` last returned true; before that, what it was in the first answer. */
  const known = useRef<string | undefined>(undefined);
  const shown = session && JSON.stringify([session.state, session.clock, session.counts, session.symbols]);
  known.current ??= shown;
  const noteEvent = () => (lastEventAt.current = performance.now());
  const hasChangedSilently = () => {
    if (known.current === shown || performance.now() - lastEventAt.current <= SILENT_MS) return false;
    known.current = shown;
    return true;
  };
  return { noteEvent, hasChangedSilently };
}
